package io.github.steelyard.interaction;

import java.util.List;

/**
 * The communities of an interaction graph.
 *
 * @param graph the graph
 * @param communityOf each node's community, from 0, the largest first; nodes without edges are
 *     communities of their own
 * @param sizes nodes in each community
 * @param q Newman's modularity of the partition, at resolution 1
 * @param inside the share of edge weight within communities; 1 if there is no edge
 * @param randomQ Newman's modularity that the same search finds in graphs of equal degrees, in
 *     which every node acts as strongly as in this one
 * @param equalStrengthQ the same in these graphs after scaling, in which every node is also acted
 *     on as strongly
 */
public record Communities(
    InteractionGraph graph,
    List<Integer> communityOf,
    List<Integer> sizes,
    double q,
    double inside,
    List<Double> randomQ,
    List<Double> equalStrengthQ) {
  /**
   * Copies the lists.
   *
   * @param graph the graph
   * @param communityOf each node's community
   * @param sizes nodes in each community
   * @param q Newman's modularity
   * @param inside the share of edge weight within communities
   * @param randomQ Newman's modularity of random graphs of equal degrees
   * @param equalStrengthQ Newman's modularity of random graphs of equal degrees and strengths
   */
  public Communities {
    communityOf = List.copyOf(communityOf);
    sizes = List.copyOf(sizes);
    randomQ = List.copyOf(randomQ);
    equalStrengthQ = List.copyOf(equalStrengthQ);
  }

  /**
   * Communities of more than one node.
   *
   * @return how many
   */
  public int count() {
    return (int) sizes.stream().filter(size -> size > 1).count();
  }

  /**
   * How many layers a community spans.
   *
   * @param community its number
   * @return at least 1
   */
  public int span(int community) {
    int first = Integer.MAX_VALUE;
    int last = Integer.MIN_VALUE;
    for (int node = 0; node < communityOf.size(); node++) {
      if (communityOf.get(node) == community) {
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
    return mean(randomQ);
  }

  /**
   * The mean modularity of random graphs of equal degrees and strengths.
   *
   * @return not a number if none was searched
   */
  public double meanEqualStrengthQ() {
    return mean(equalStrengthQ);
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
