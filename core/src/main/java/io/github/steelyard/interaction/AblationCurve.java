package io.github.steelyard.interaction;

import java.util.List;

/**
 * How good a network is when only some basis vectors of a layer, or edges of a segment, are kept.
 *
 * @param layer the layer, or the one where the segment begins
 * @param total how many could be kept: the layer's width, or the product of the two widths
 * @param base how good the network is as it is
 * @param points from few removed to many
 */
public record AblationCurve(
    NodeLayer layer, int total, AblationScore base, List<AblationPoint> points) {
  /**
   * Copies the list.
   *
   * @param layer the layer
   * @param total how many could be kept
   * @param base how good the network is as it is
   * @param points from few removed to many
   */
  public AblationCurve {
    points = List.copyOf(points);
  }
}
