package io.github.steelyard.cli.report;

import java.util.List;

/**
 * A graph in layers that a report shows interactively: nodes in columns, edges between neighbouring
 * columns, a slider for the smallest edge shown.
 *
 * @param title what is shown
 * @param caption how to read it, in a sentence
 * @param layers the columns' names, from left to right
 * @param nodes the nodes
 * @param edges the edges
 */
public record Graph(
    String title, String caption, List<String> layers, List<Node> nodes, List<Edge> edges) {
  /**
   * A node.
   *
   * @param layer its column, from 0
   * @param name what it is
   * @param group decides its colour, from 0; -1 for none
   * @param facts what is shown beside the pointer, line by line
   */
  public record Node(int layer, String name, int group, List<String> facts) {
    /**
     * Copies the list.
     *
     * @param layer its column
     * @param name what it is
     * @param group decides its colour
     * @param facts what is shown beside the pointer
     */
    public Node {
      facts = List.copyOf(facts);
    }
  }

  /**
   * An edge.
   *
   * @param from a node's number
   * @param to a node's number
   * @param size what the slider compares, above 0
   */
  public record Edge(int from, int to, double size) {}

  /**
   * Copies the lists.
   *
   * @param title what is shown
   * @param caption how to read it
   * @param layers the columns' names
   * @param nodes the nodes
   * @param edges the edges
   */
  public Graph {
    layers = List.copyOf(layers);
    nodes = List.copyOf(nodes);
    edges = List.copyOf(edges);
  }
}
