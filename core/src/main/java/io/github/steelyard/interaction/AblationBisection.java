package io.github.steelyard.interaction;

import java.util.List;

/**
 * How many basis vectors or edges are needed.
 *
 * @param layer the layer, or the one where the segment begins
 * @param total how many there could be
 * @param required how many are needed
 * @param base how good the network is as it is
 * @param tried what was measured on the way, in order
 */
public record AblationBisection(
    NodeLayer layer, int total, int required, AblationScore base, List<AblationPoint> tried) {
  /**
   * Copies the list.
   *
   * @param layer the layer
   * @param total how many there could be
   * @param required how many are needed
   * @param base how good the network is as it is
   * @param tried what was measured on the way
   */
  public AblationBisection {
    tried = List.copyOf(tried);
  }
}
