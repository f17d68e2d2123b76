package io.github.steelyard.quant;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What the integers did in a run, in single numbers.
 *
 * @param peak the share of all weights that oscillated at the sample where it was largest, from 0
 *     to 1
 * @param end the share of all weights at the last sample
 * @param endFewestBits the mean share of the layers of fewest bits at the last sample, each layer
 *     counted once
 * @param endNearThreshold the share of the weights of fewest bits that lie within 1/50 step of a
 *     threshold at the last sample
 * @param thresholdMovement {@link OscillationSample#thresholdMovement()}, the mean over the samples
 *     that have one
 */
public record OscillationSummary(
    double peak,
    double end,
    double endFewestBits,
    double endNearThreshold,
    OptionalDouble thresholdMovement) {
  static Optional<OscillationSummary> of(
      List<OscillationSample> samples, Map<String, List<Long>> lastDwell, Set<String> fewestBits) {
    if (samples.isEmpty()) {
      return Optional.empty();
    }
    OscillationSample last = samples.get(samples.size() - 1);
    return Optional.of(
        new OscillationSummary(
            samples.stream().mapToDouble(OscillationSample::share).max().orElse(0),
            last.share(),
            last.shares().entrySet().stream()
                .filter(entry -> fewestBits.contains(entry.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .average()
                .orElse(0),
            nearest(lastDwell, fewestBits),
            samples.stream()
                .flatMapToDouble(sample -> sample.thresholdMovement().stream())
                .average()));
  }

  private static double nearest(Map<String, List<Long>> dwell, Set<String> fewestBits) {
    long near = fewestBits.stream().mapToLong(name -> dwell.get(name).get(0)).sum();
    long all =
        fewestBits.stream()
            .flatMapToLong(name -> dwell.get(name).stream().mapToLong(Long::longValue))
            .sum();
    return (double) near / Math.max(1, all);
  }
}
