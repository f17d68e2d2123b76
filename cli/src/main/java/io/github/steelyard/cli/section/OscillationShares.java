package io.github.steelyard.cli.section;

import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.OscillationSample;
import io.github.steelyard.quant.OscillationTracking;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.quant.WeightQuantizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which share of the weights oscillated in a training, in single numbers. */
final class OscillationShares {
  private OscillationShares() {}

  /**
   * The share of all weights at its peak and at the last sample, and that of the weights of fewest
   * bits at the last sample, each layer counted once; nothing if it was not recorded.
   */
  static Map<String, Object> of(OscillationTracking tracking, Module model) {
    List<OscillationSample> samples = List.copyOf(tracking.samples());
    if (samples.isEmpty()) {
      return Map.of();
    }
    OscillationSample last = samples.get(samples.size() - 1);
    Map<String, QuantizedWeight> weights = QuantizedWeight.of(model);
    int fewest =
        weights.values().stream().mapToInt(weight -> levels(weight.quantizer())).min().orElse(0);
    Map<String, Object> shares = new LinkedHashMap<>();
    shares.put("peak", samples.stream().mapToDouble(OscillationSample::share).max().orElse(0));
    shares.put("end", last.share());
    shares.put(
        "end_fewest_bits",
        last.shares().entrySet().stream()
            .filter(entry -> levels(weights.get(entry.getKey()).quantizer()) == fewest)
            .mapToDouble(Map.Entry::getValue)
            .average()
            .orElse(0));
    return shares;
  }

  private static int levels(WeightQuantizer quantizer) {
    return quantizer.highest() - quantizer.lowest() + 1;
  }
}
