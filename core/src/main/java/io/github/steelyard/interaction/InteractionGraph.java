package io.github.steelyard.interaction;

import java.util.ArrayList;
import java.util.List;

/**
 * Bases and edges as a graph: one node a basis vector, one undirected edge for each interaction
 * with a positive weight. Constant directions are left out: they act on everything and belong
 * nowhere.
 *
 * @param nodes basis vectors, layer by layer
 * @param edges interactions, segment by segment
 */
public record InteractionGraph(List<Node> nodes, List<Edge> edges) {
  /**
   * A basis vector.
   *
   * @param layer the layer's number
   * @param column the basis vector's number, from 0
   * @param lambda its eigenvalue
   */
  public record Node(int layer, int column, double lambda) {}

  /**
   * An interaction.
   *
   * @param from the acting node's number
   * @param to the number of the node that is acted on
   * @param value E
   * @param weight what the norm makes of it, above 0
   */
  public record Edge(int from, int to, double value, double weight) {}

  /**
   * Copies the lists.
   *
   * @param nodes basis vectors
   * @param edges interactions
   */
  public InteractionGraph {
    nodes = List.copyOf(nodes);
    edges = List.copyOf(edges);
  }

  /**
   * Makes the graph.
   *
   * @param result bases and edges
   * @param configuration the edges' norm, and whether the output takes part
   * @return the graph
   */
  public static InteractionGraph of(
      InteractionResult result, ModularityConfiguration configuration) {
    List<Node> nodes = new ArrayList<>();
    List<int[]> numbers = new ArrayList<>();
    for (int l = 0; l < result.layers().size(); l++) {
      LayerBasis basis = result.layers().get(l);
      int[] own = new int[basis.rank()];
      double[] lambda = Matrices.values(basis.lambda());
      boolean takesPart = configuration.output() || basis.layer().constant();
      for (int k = 0; k < own.length; k++) {
        own[k] = takesPart && k != basis.constantColumn() ? nodes.size() : -1;
        if (own[k] >= 0) {
          nodes.add(new Node(l, k, lambda[k]));
        }
      }
      numbers.add(own);
    }
    return new InteractionGraph(nodes, edges(result, configuration, numbers));
  }

  private static List<Edge> edges(
      InteractionResult result, ModularityConfiguration configuration, List<int[]> numbers) {
    List<double[]> values =
        result.edges().stream().map(edges -> Matrices.values(edges.weights())).toList();
    double[] largest = new double[values.size()];
    double overall = 0;
    for (int s = 0; s < largest.length; s++) {
      largest[s] = largest(values.get(s), numbers.get(s), numbers.get(s + 1));
      overall = Math.max(overall, largest[s]);
    }
    double epsilon = Math.max(configuration.epsilon() * overall, Double.MIN_NORMAL);
    List<Edge> edges = new ArrayList<>();
    for (int s = 0; s < largest.length; s++) {
      int[] from = numbers.get(s);
      int[] to = numbers.get(s + 1);
      double[] own = values.get(s);
      for (int k = 0; k < own.length; k++) {
        int source = from[k % from.length];
        int target = to[k / from.length];
        double weight = configuration.norm().weight(own[k], largest[s], epsilon);
        if (source >= 0 && target >= 0 && weight > 0) {
          edges.add(new Edge(source, target, own[k], weight));
        }
      }
    }
    return edges;
  }

  private static double largest(double[] values, int[] from, int[] to) {
    double largest = 0;
    for (int k = 0; k < values.length; k++) {
      if (from[k % from.length] >= 0 && to[k / from.length] >= 0) {
        largest = Math.max(largest, Math.abs(values[k]));
      }
    }
    return largest;
  }
}
