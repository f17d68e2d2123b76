package io.github.steelyard.cli.run;

import io.github.steelyard.cli.report.Numbers;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a training did to the weights whose length does not matter, in single numbers. */
final class ScaleInvariantWeights {
  private ScaleInvariantWeights() {}

  /** Means over the weights; null where there are none or nothing was seen of them. */
  static Map<String, Object> toJson(Training training) {
    WeightCurves curves = new WeightCurves(training.weights(), training.scaleInvariant());
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("weights", training.scaleInvariant().size());
    values.put("relative_norm", Numbers.finite(WeightCurves.last(curves.relativeNorm())));
    values.put("effective_step", Numbers.finite(WeightCurves.mean(curves.effectiveStep())));
    values.put("projected_share", Numbers.finite(training.projections().meanInvariantShare()));
    return values;
  }
}
