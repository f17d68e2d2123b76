package io.github.steelyard.interaction;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the interaction between two layers is spread over edges, for several bases: few edges that
 * carry much are what an interaction basis is looked for. Constant directions are left out.
 *
 * @param sections section by section
 */
public record EdgeShares(List<Section> sections) {
  /**
   * From one layer to the next.
   *
   * @param from where edges begin
   * @param to where they end
   * @param bases by kind, the basis of graph and communities first
   */
  public record Section(NodeLayer from, NodeLayer to, Map<BasisKind, Spread> bases) {
    /**
     * Copies the map.
     *
     * @param from where edges begin
     * @param to where they end
     * @param bases by kind, in this order
     */
    public Section {
      bases = Collections.unmodifiableMap(new LinkedHashMap<>(bases));
    }
  }

  /**
   * An edge.
   *
   * @param from the acting vector's number, from 1
   * @param to the number of the vector that is acted on, from 1
   * @param share its part of all interaction between the two layers, from 0 to 1
   */
  public record Edge(int from, int to, double share) {}

  /**
   * The edges of one section in one basis.
   *
   * @param possible pairs of vectors
   * @param edges the edges that are not 0, by falling share
   */
  public record Spread(long possible, List<Edge> edges) {
    /**
     * Copies the list.
     *
     * @param possible pairs of vectors
     * @param edges the edges that are not 0, by falling share
     */
    public Spread {
      edges = List.copyOf(edges);
    }

    /**
     * How many of the largest edges carry a share of all interaction.
     *
     * @param share from 0 to 1
     * @return the smallest number; all edges if rounding keeps them below the share
     */
    public int carrying(double share) {
      double sum = 0;
      int count = 0;
      while (count < edges.size() && sum < share) {
        sum += edges.get(count).share();
        count++;
      }
      return count;
    }
  }

  /**
   * Copies the list.
   *
   * @param sections section by section
   */
  public EdgeShares {
    sections = List.copyOf(sections);
  }

  /**
   * Reads the edges' norms.
   *
   * @param graphs by kind, the basis of graph and communities first
   * @param layers the network's layers
   */
  static EdgeShares of(Map<BasisKind, InteractionGraph> graphs, List<NodeLayer> layers) {
    List<Section> sections = new ArrayList<>();
    for (int s = 0; s + 1 < layers.size(); s++) {
      Map<BasisKind, Spread> bases = new LinkedHashMap<>();
      for (Map.Entry<BasisKind, InteractionGraph> entry : graphs.entrySet()) {
        bases.put(entry.getKey(), spread(entry.getValue(), s));
      }
      sections.add(new Section(layers.get(s), layers.get(s + 1), bases));
    }
    return new EdgeShares(sections);
  }

  private static Spread spread(InteractionGraph graph, int section) {
    List<InteractionGraph.Edge> own =
        graph.edges().stream()
            .filter(edge -> graph.nodes().get(edge.from()).layer() == section)
            .toList();
    double total = own.stream().mapToDouble(edge -> Math.abs(edge.value())).sum();
    return new Spread(
        nodes(graph, section) * nodes(graph, section + 1),
        own.stream()
            .map(
                edge ->
                    new Edge(
                        graph.nodes().get(edge.from()).column() + 1,
                        graph.nodes().get(edge.to()).column() + 1,
                        Math.abs(edge.value()) / total))
            .sorted(Comparator.comparingDouble(edge -> -edge.share()))
            .toList());
  }

  private static long nodes(InteractionGraph graph, int layer) {
    return graph.nodes().stream().filter(node -> node.layer() == layer).count();
  }
}
