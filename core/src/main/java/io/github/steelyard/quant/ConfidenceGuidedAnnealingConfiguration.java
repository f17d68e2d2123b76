package io.github.steelyard.quant;

import io.github.steelyard.nn.LayerPattern;

/**
 * How {@link ConfidenceGuidedAnnealing} acts.
 *
 * @param epochs in how many epochs at the end of the run, at least 1; the paper has 15 to 30 after
 *     300
 * @param boundaryRange how near to a threshold a weight must be to move on, in steps between
 *     integers, from 0 to 0.5; the paper has 0.003 to 0.01
 * @param layers which weights, by the path of their layer with {@code *} and {@code ?}; {@code *}
 *     for all
 */
public record ConfidenceGuidedAnnealingConfiguration(
    int epochs, double boundaryRange, String layers) {
  /**
   * Checks the values.
   *
   * @param epochs at least 1
   * @param boundaryRange from 0 to 0.5
   * @param layers not empty
   * @throws IllegalArgumentException if a value is out of range
   */
  public ConfidenceGuidedAnnealingConfiguration {
    if (epochs < 1) {
      throw new IllegalArgumentException(
          "annealing must act in at least 1 epoch at the end of the run, but epochs is " + epochs);
    }
    BoundaryRange.check(boundaryRange);
    layers = new LayerPattern(layers).pattern();
  }

  /**
   * The paper's default range, for all weights.
   *
   * @param epochs in how many epochs at the end of the run, at least 1
   * @return a range of 0.005
   * @throws IllegalArgumentException if {@code epochs} is below 1
   */
  public static ConfidenceGuidedAnnealingConfiguration of(int epochs) {
    return new ConfidenceGuidedAnnealingConfiguration(epochs, 0.005, "*");
  }
}
