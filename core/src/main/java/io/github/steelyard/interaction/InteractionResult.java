package io.github.steelyard.interaction;

import java.util.List;

/**
 * The bases of a network's layers and the interactions between them.
 *
 * @param configuration how they were computed
 * @param layers the bases, in the network's order
 * @param edges from each layer to the next, one fewer than layers
 */
public record InteractionResult(
    InteractionConfiguration configuration, List<LayerBasis> layers, List<Edges> edges) {
  /**
   * Copies the lists.
   *
   * @param configuration how they were computed
   * @param layers the bases
   * @param edges from each layer to the next
   * @throws IllegalArgumentException if the numbers do not fit
   */
  public InteractionResult {
    layers = List.copyOf(layers);
    edges = List.copyOf(edges);
    if (edges.size() != layers.size() - 1) {
      throw new IllegalArgumentException(
          "%d layers need %d sets of edges, but there are %d"
              .formatted(layers.size(), layers.size() - 1, edges.size()));
    }
  }
}
