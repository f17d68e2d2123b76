package io.github.steelyard.cli.report;

import java.util.List;

/**
 * A graph in layers that a report shows interactively: nodes in columns, edges between neighbouring
 * columns, a slider for the smallest edge shown. Nodes without edges are folded into one line a
 * column. Several views of the same layers can be chosen from.
 *
 * @param title what is shown
 * @param caption how to read it, in a sentence
 * @param unit the unit of the edges' sizes, as it follows a number; may be empty
 * @param layers the columns' names, from left to right
 * @param views what can be shown, the first one at first; at least one
 */
public record Graph(
    String title, String caption, String unit, List<String> layers, List<View> views) {
  /**
   * Nodes and edges that are shown together.
   *
   * @param name what they are, for the choice between views
   * @param nodes the nodes
   * @param edges the edges
   */
  public record View(String name, List<Node> nodes, List<Edge> edges) {
    /**
     * Copies the lists.
     *
     * @param name what they are
     * @param nodes the nodes
     * @param edges the edges
     */
    public View {
      nodes = List.copyOf(nodes);
      edges = List.copyOf(edges);
    }
  }

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
   * @param unit the unit of the edges' sizes
   * @param layers the columns' names
   * @param views what can be shown
   * @throws IllegalArgumentException if there is no view
   */
  public Graph {
    layers = List.copyOf(layers);
    views = List.copyOf(views);
    if (views.isEmpty()) {
      throw new IllegalArgumentException("a graph needs a view, but '" + title + "' has none");
    }
  }
}
