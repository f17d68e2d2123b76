package io.github.steelyard.cli.run;

import io.github.steelyard.cli.report.Series;
import io.github.steelyard.train.WeightTracking;
import io.github.steelyard.train.WeightTracking.WeightChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** What tracked weights did, as a curve for each of them. */
final class WeightCurves {
  private final List<WeightTracking.Sample> samples;
  private final Set<String> names;

  WeightCurves(WeightTracking tracking, Set<String> names) {
    this.samples = List.copyOf(tracking.samples());
    this.names = Set.copyOf(names);
  }

  /** |w| / |w at the start| of each weight. */
  Map<String, List<Series.Point>> relativeNorms() {
    return each(WeightChange::relativeNorm);
  }

  /** |step| / |w| of each weight. */
  Map<String, List<Series.Point>> effectiveSteps() {
    return each(WeightChange::effectiveStep);
  }

  private Map<String, List<Series.Point>> each(ToDoubleFunction<WeightChange> value) {
    Map<String, List<Series.Point>> curves = new LinkedHashMap<>();
    for (WeightTracking.Sample sample : samples) {
      sample
          .changes()
          .forEach(
              (name, change) -> {
                if (names.contains(name)) {
                  curves
                      .computeIfAbsent(name, n -> new ArrayList<>())
                      .add(new Series.Point(sample.step(), value.applyAsDouble(change)));
                }
              });
    }
    return curves;
  }
}
