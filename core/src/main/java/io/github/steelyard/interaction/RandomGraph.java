package io.github.steelyard.interaction;

import io.github.steelyard.interaction.InteractionGraph.Edge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;

/**
 * A random graph in which every node has as many edges as in another one, and every acting node
 * keeps the weights of its edges: the ends of pairs of edges are exchanged many times, segment by
 * segment. What nodes receive is not kept, unless the weights are then scaled: a node on which all
 * others act strongly, which is no module, becomes edges of random strength, and the search finds
 * more in them than in the graph. Written by hand: JGraphT and the Leiden library make random
 * graphs, but not ones with the degrees of a given graph.
 */
final class RandomGraph {
  private static final int EXCHANGES_PER_EDGE = 10;
  private static final int SCALINGS = 100;

  private RandomGraph() {}

  static InteractionGraph ofEqualDegrees(InteractionGraph graph, long seed) {
    Map<Integer, List<Edge>> segments = new HashMap<>();
    for (Edge edge : graph.edges()) {
      int layer = graph.nodes().get(edge.from()).layer();
      segments.computeIfAbsent(layer, l -> new ArrayList<>()).add(edge);
    }
    SplittableRandom random = new SplittableRandom(seed);
    List<Edge> edges = new ArrayList<>();
    for (int layer : segments.keySet().stream().sorted().toList()) {
      edges.addAll(exchanged(segments.get(layer), random));
    }
    return new InteractionGraph(graph.nodes(), edges);
  }

  /**
   * The same random graph with its weights scaled, node by node in turn, until each node acts and
   * is acted on as strongly as in the original, segment by segment (iterative proportional
   * fitting).
   *
   * @param random of equal degrees
   * @param graph the original
   */
  static InteractionGraph ofEqualStrengths(InteractionGraph random, InteractionGraph graph) {
    Map<Integer, Double> acting = strengths(graph.edges(), Edge::from);
    Map<Integer, Double> actedOn = strengths(graph.edges(), Edge::to);
    List<Edge> edges = random.edges();
    for (int i = 0; i < SCALINGS; i++) {
      edges = scaled(edges, acting, Edge::from);
      edges = scaled(edges, actedOn, Edge::to);
    }
    return new InteractionGraph(graph.nodes(), edges);
  }

  private static Map<Integer, Double> strengths(List<Edge> edges, ToIntFunction<Edge> end) {
    Map<Integer, Double> sums = new HashMap<>();
    edges.forEach(edge -> sums.merge(end.applyAsInt(edge), edge.weight(), Double::sum));
    return sums;
  }

  private static List<Edge> scaled(
      List<Edge> edges, Map<Integer, Double> wanted, ToIntFunction<Edge> end) {
    Map<Integer, Double> now = strengths(edges, end);
    return edges.stream()
        .map(
            edge -> {
              int node = end.applyAsInt(edge);
              double weight = edge.weight() * wanted.get(node) / now.get(node);
              return new Edge(edge.from(), edge.to(), edge.value(), weight);
            })
        .toList();
  }

  private record Ends(int from, int to) {}

  private static List<Edge> exchanged(List<Edge> edges, SplittableRandom random) {
    List<Edge> result = new ArrayList<>(edges);
    Map<Ends, Integer> places = new HashMap<>();
    for (int i = 0; i < result.size(); i++) {
      places.put(new Ends(result.get(i).from(), result.get(i).to()), i);
    }
    for (int i = 0; i < EXCHANGES_PER_EDGE * edges.size(); i++) {
      exchange(result, places, random.nextInt(result.size()), random.nextInt(result.size()));
    }
    return result;
  }

  /**
   * Two edges a-b and c-d become a-d and c-b where these are free, or exchange weights with them
   * where both exist.
   */
  private static void exchange(List<Edge> edges, Map<Ends, Integer> places, int i, int k) {
    Edge one = edges.get(i);
    Edge other = edges.get(k);
    if (one.from() == other.from() || one.to() == other.to()) {
      return;
    }
    Integer across = places.get(new Ends(one.from(), other.to()));
    Integer back = places.get(new Ends(other.from(), one.to()));
    if (across == null && back == null) {
      places.remove(new Ends(one.from(), one.to()));
      places.remove(new Ends(other.from(), other.to()));
      move(edges, places, i, one, other.to());
      move(edges, places, k, other, one.to());
    } else if (across != null && back != null) {
      Edge first = edges.get(across);
      Edge second = edges.get(back);
      move(edges, places, i, first, one.to());
      move(edges, places, across, one, first.to());
      move(edges, places, k, second, other.to());
      move(edges, places, back, other, second.to());
    }
  }

  private static void move(
      List<Edge> edges, Map<Ends, Integer> places, int place, Edge edge, int to) {
    edges.set(place, new Edge(edge.from(), to, edge.value(), edge.weight()));
    places.put(new Ends(edge.from(), to), place);
  }
}
