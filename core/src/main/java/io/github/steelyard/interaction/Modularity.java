package io.github.steelyard.interaction;

import io.github.steelyard.interaction.InteractionGraph.Edge;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import nl.cwts.networkanalysis.Clustering;
import nl.cwts.networkanalysis.LeidenAlgorithm;
import nl.cwts.networkanalysis.Network;
import nl.cwts.util.LargeDoubleArray;
import nl.cwts.util.LargeIntArray;

/**
 * Finds groups of basis vectors that interact more with one another than with the rest: the Leiden
 * algorithm (Traag, Waltman and van Eck, From Louvain to Leiden, Scientific Reports 2019) on {@code
 * sum over communities of w_in / w - gamma (vol / 2w)^2}. Compare the modularity with that of
 * random graphs: search alone finds communities in any sparse graph.
 */
public final class Modularity {
  private final ModularityConfiguration configuration;

  /**
   * A search.
   *
   * @param configuration norm, resolution, baseline
   */
  public Modularity(ModularityConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Searches the graph of a network.
   *
   * @param result its bases and edges
   * @return the communities
   */
  public Communities find(InteractionResult result) {
    return find(InteractionGraph.of(result, configuration));
  }

  /**
   * Searches a graph.
   *
   * @param graph the graph
   * @return the communities
   */
  public Communities find(InteractionGraph graph) {
    return sweep(graph, List.of(configuration.resolution())).get(0);
  }

  /**
   * Searches a graph at several resolutions, each beside the same random graphs.
   *
   * @param graph the graph
   * @param resolutions gammas of the Leiden algorithm, in place of the configuration's
   * @return the communities at each
   * @throws IllegalArgumentException if a resolution is not above 0
   */
  public List<Communities> sweep(InteractionGraph graph, List<Double> resolutions) {
    List<Long> seeds =
        LongStream.rangeClosed(1, graph.edges().isEmpty() ? 0 : configuration.randomGraphs())
            .mapToObj(i -> Seeds.derive(configuration.seed(), i))
            .toList();
    List<InteractionGraph> others =
        seeds.stream().map(seed -> RandomGraph.ofEqualDegrees(graph, seed)).toList();
    List<InteractionGraph> scaled =
        others.stream().map(other -> RandomGraph.ofEqualStrengths(other, graph)).toList();
    List<Communities> all = new ArrayList<>();
    for (double resolution : resolutions) {
      double checked = configuration.withResolution(resolution).resolution();
      all.add(
          communities(
              graph,
              search(graph, checked, configuration.seed()),
              modularities(others, checked, seeds),
              modularities(scaled, checked, seeds)));
    }
    return all;
  }

  private List<Double> modularities(List<InteractionGraph> graphs, double gamma, List<Long> seeds) {
    return IntStream.range(0, graphs.size())
        .mapToObj(i -> newman(graphs.get(i), search(graphs.get(i), gamma, seeds.get(i))))
        .toList();
  }

  private static Communities communities(
      InteractionGraph graph, int[] communities, List<Double> random, List<Double> equalStrength) {
    int count = IntStream.of(communities).max().orElse(-1) + 1;
    List<Integer> sizes = new ArrayList<>();
    for (int m = 0; m < count; m++) {
      int community = m;
      sizes.add((int) IntStream.of(communities).filter(own -> own == community).count());
    }
    return new Communities(
        graph,
        IntStream.of(communities).boxed().toList(),
        sizes,
        newman(graph, communities),
        inside(graph, communities),
        random,
        equalStrength);
  }

  private int[] search(InteractionGraph graph, double gamma, long seed) {
    int nodes = graph.nodes().size();
    if (graph.edges().isEmpty()) {
      return IntStream.range(0, nodes).toArray();
    }
    LargeIntArray[] ends = {
      new LargeIntArray(graph.edges().stream().mapToInt(Edge::from).toArray()),
      new LargeIntArray(graph.edges().stream().mapToInt(Edge::to).toArray())
    };
    LargeDoubleArray weights =
        new LargeDoubleArray(graph.edges().stream().mapToDouble(Edge::weight).toArray());
    Network network = new Network(nodes, true, ends, weights, false, true);
    // The library's quality is the constant Potts model; with strengths as node weights and this
    // resolution it is modularity.
    double resolution = gamma / (2 * network.getTotalEdgeWeight());
    LeidenAlgorithm leiden =
        new LeidenAlgorithm(
            resolution,
            configuration.iterations(),
            LeidenAlgorithm.DEFAULT_RANDOMNESS,
            new Random(seed));
    Clustering clustering = leiden.findClustering(network);
    clustering.orderClustersByNNodes();
    return clustering.getClusters();
  }

  /** Newman's modularity at resolution 1. */
  static double newman(InteractionGraph graph, int[] communities) {
    double[] volumes = new double[IntStream.of(communities).max().orElse(-1) + 1];
    double total = 0;
    double within = 0;
    for (Edge edge : graph.edges()) {
      volumes[communities[edge.from()]] += edge.weight();
      volumes[communities[edge.to()]] += edge.weight();
      total += edge.weight();
      within += communities[edge.from()] == communities[edge.to()] ? edge.weight() : 0;
    }
    if (total == 0) {
      return 0;
    }
    double expected = 0;
    for (double volume : volumes) {
      expected += volume * volume / (4 * total * total);
    }
    return within / total - expected;
  }

  private static double inside(InteractionGraph graph, int[] communities) {
    double total = 0;
    double within = 0;
    for (Edge edge : graph.edges()) {
      total += edge.weight();
      within += communities[edge.from()] == communities[edge.to()] ? edge.weight() : 0;
    }
    return total == 0 ? 1 : within / total;
  }
}
