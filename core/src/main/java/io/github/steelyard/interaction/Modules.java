package io.github.steelyard.interaction;

import java.util.List;

/**
 * The modules of an interaction graph.
 *
 * @param graph the graph
 * @param moduleOf each node's module, from 0, the largest first; nodes without edges are modules of
 *     their own
 * @param sizes nodes in each module
 * @param q Newman's modularity of the partition, at resolution 1
 * @param inside the share of edge weight within modules; 1 if there is no edge
 * @param randomQ Newman's modularity that the same search finds in graphs of equal degrees
 */
public record Modules(
    InteractionGraph graph,
    List<Integer> moduleOf,
    List<Integer> sizes,
    double q,
    double inside,
    List<Double> randomQ) {
  /**
   * Copies the lists.
   *
   * @param graph the graph
   * @param moduleOf each node's module
   * @param sizes nodes in each module
   * @param q Newman's modularity
   * @param inside the share of edge weight within modules
   * @param randomQ Newman's modularity of random graphs
   */
  public Modules {
    moduleOf = List.copyOf(moduleOf);
    sizes = List.copyOf(sizes);
    randomQ = List.copyOf(randomQ);
  }

  /**
   * Modules of more than one node.
   *
   * @return how many
   */
  public int count() {
    return (int) sizes.stream().filter(size -> size > 1).count();
  }

  /**
   * How many layers a module spans.
   *
   * @param module its number
   * @return at least 1
   */
  public int span(int module) {
    int first = Integer.MAX_VALUE;
    int last = Integer.MIN_VALUE;
    for (int node = 0; node < moduleOf.size(); node++) {
      if (moduleOf.get(node) == module) {
        first = Math.min(first, graph.nodes().get(node).layer());
        last = Math.max(last, graph.nodes().get(node).layer());
      }
    }
    return last - first + 1;
  }

  /**
   * The mean modularity of random graphs of equal degrees.
   *
   * @return not a number if none was searched
   */
  public double meanRandomQ() {
    return randomQ.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
