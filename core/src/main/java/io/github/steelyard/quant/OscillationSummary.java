package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which share of the weights oscillated in a run, in single numbers from 0 to 1.
 *
 * @param peak the share of all weights at the sample where it was largest
 * @param end the share of all weights at the last sample
 * @param endFewestBits the mean share of the layers of fewest bits at the last sample, each layer
 *     counted once
 */
public record OscillationSummary(double peak, double end, double endFewestBits) {
  static Optional<OscillationSummary> of(List<OscillationSample> samples, Module model) {
    if (samples.isEmpty()) {
      return Optional.empty();
    }
    OscillationSample last = samples.get(samples.size() - 1);
    Map<String, QuantizedWeight> weights = QuantizedWeight.of(model);
    int fewest =
        weights.values().stream().mapToInt(weight -> levels(weight.quantizer())).min().orElse(0);
    return Optional.of(
        new OscillationSummary(
            samples.stream().mapToDouble(OscillationSample::share).max().orElse(0),
            last.share(),
            last.shares().entrySet().stream()
                .filter(entry -> levels(weights.get(entry.getKey()).quantizer()) == fewest)
                .mapToDouble(Map.Entry::getValue)
                .average()
                .orElse(0)));
  }

  private static int levels(WeightQuantizer quantizer) {
    return quantizer.highest() - quantizer.lowest() + 1;
  }
}
