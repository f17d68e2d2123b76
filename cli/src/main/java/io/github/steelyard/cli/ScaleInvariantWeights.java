package io.github.steelyard.cli;

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
    values.put("relative_norm", finite(WeightCurves.last(curves.relativeNorm())));
    values.put("effective_step", finite(WeightCurves.mean(curves.effectiveStep())));
    values.put("projected_share", finite(training.projections().meanInvariantShare()));
    return values;
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }
}
