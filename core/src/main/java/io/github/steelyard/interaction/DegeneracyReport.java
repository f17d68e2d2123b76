package io.github.steelyard.interaction;

import java.util.List;

/**
 * How many of a network's parameters are free.
 *
 * @param layers its linear layers in the order in which they run
 * @param firing its ReLU layers in the order in which they run
 * @param parameters all parameters of the network
 * @param effectiveParameters parameters less the free directions that the three degeneracies imply:
 *     per linear layer {@code inputs * outputs - inputRank * gradientRank}, per ReLU layer {@link
 *     FiringDegeneracy#freeDirections()}; at least 0
 */
public record DegeneracyReport(
    List<LayerDegeneracy> layers,
    List<FiringDegeneracy> firing,
    long parameters,
    long effectiveParameters) {
  /**
   * Copies the lists.
   *
   * @param layers linear layers
   * @param firing ReLU layers
   * @param parameters all parameters
   * @param effectiveParameters parameters less the free directions
   */
  public DegeneracyReport {
    layers = List.copyOf(layers);
    firing = List.copyOf(firing);
  }

  /**
   * The linear layers whose rank is that of the sample, not of the network: {@link
   * LayerDegeneracy#limitedByData()}. With one of them {@code effectiveParameters} is too small.
   *
   * @return in the order in which they run; empty if there were enough data
   */
  public List<LayerDegeneracy> limitedByData() {
    return layers.stream().filter(LayerDegeneracy::limitedByData).toList();
  }
}
