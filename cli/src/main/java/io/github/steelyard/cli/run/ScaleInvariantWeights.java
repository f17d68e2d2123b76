package io.github.steelyard.cli.run;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.train.ScaleInvariantSummary;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a training did to the weights whose length does not matter, in single numbers. */
final class ScaleInvariantWeights {
  private ScaleInvariantWeights() {}

  /** Means over the weights; null where there are none or nothing was seen of them. */
  static Map<String, Object> toJson(Training training) {
    ScaleInvariantSummary summary =
        ScaleInvariantSummary.of(
            training.weights(), training.projections(), training.scaleInvariant());
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("weights", summary.weights());
    values.put("relative_norm", Numbers.finite(summary.relativeNorm()));
    values.put("effective_step", Numbers.finite(summary.effectiveStep()));
    values.put("projected_share", Numbers.finite(summary.projectedShare()));
    return values;
  }
}
