package io.github.steelyard.quant;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.LayerPattern;

/**
 * What {@link OscillationTracking} records.
 *
 * @param every how many steps lie between samples, at least 1
 * @param momentum of the moving average of oscillations, above 0 and at most 1
 * @param threshold the average above which a weight counts as oscillating, at least 0 and below 1
 * @param trajectories how many single weights are followed, spread over the layers, at least 0
 * @param layers from which layers these are taken, by their path with {@code *} and {@code ?};
 *     {@code *} for all
 */
public record OscillationTrackingConfiguration(
    int every, double momentum, double threshold, int trajectories, String layers) {
  /**
   * Checks the values.
   *
   * @param every at least 1
   * @param momentum above 0 and at most 1
   * @param threshold at least 0 and below 1
   * @param trajectories at least 0
   * @param layers not empty
   * @throws IllegalArgumentException if a value is out of range
   */
  public OscillationTrackingConfiguration {
    Checks.atLeast(1, every, "OscillationTracking", "every");
    OscillationTracker.momentum(momentum);
    Checks.probability(threshold, "OscillationTracking", "threshold");
    Checks.atLeast(0, trajectories, "OscillationTracking", "trajectories");
    layers = new LayerPattern(layers).pattern();
  }

  /**
   * The customary momentum 0.01 and threshold 0.005, and six trajectories from all layers.
   *
   * @param every how many steps lie between samples, at least 1
   * @return the configuration
   * @throws IllegalArgumentException if {@code every} is below 1
   */
  public static OscillationTrackingConfiguration of(int every) {
    return new OscillationTrackingConfiguration(every, 0.01, 0.005, 6, "*");
  }
}
