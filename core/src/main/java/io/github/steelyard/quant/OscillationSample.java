package io.github.steelyard.quant;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What the integers of a model did up to one step.
 *
 * @param step the number of steps done
 * @param share the share of all weights that oscillate, from 0 to 1
 * @param shares the same by weight
 * @param total how many oscillations there were since the start, over all weights
 * @param dwell how many weights lie at which distance from their nearest threshold: equal bins from
 *     0 to 1 step between integers
 * @param thresholdMovement how far thresholds moved in this step, relative to the weights: the root
 *     mean square movement of each weight's nearest threshold, over that of the weights; of the
 *     weights of fewest bits. Empty if no weight moved or thresholds are not equally spaced
 */
public record OscillationSample(
    long step,
    double share,
    Map<String, Double> shares,
    long total,
    List<Long> dwell,
    OptionalDouble thresholdMovement) {
  /**
   * Copies the collections.
   *
   * @param step the number of steps done
   * @param share the share of all weights that oscillate
   * @param shares the same by weight
   * @param total how many oscillations there were
   * @param dwell how many weights lie at which distance from their nearest threshold
   * @param thresholdMovement how far thresholds moved, relative to the weights
   */
  public OscillationSample {
    shares = Collections.unmodifiableMap(new LinkedHashMap<>(shares));
    dwell = List.copyOf(dwell);
  }
}
