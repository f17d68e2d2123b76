package io.github.steelyard.cli.run;

import io.github.steelyard.cli.report.Series;
import io.github.steelyard.io.inspect.Histogram;
import io.github.steelyard.io.inspect.InspectionConfiguration;
import io.github.steelyard.io.inspect.WeightInspection;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.WeightTracking;
import io.github.steelyard.train.WeightTracking.WeightChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** What tracked weights did, as curves: means over a set of weights, or each weight for itself. */
final class WeightCurves {
  private final List<WeightTracking.Sample> samples;
  private final Set<String> names;

  WeightCurves(WeightTracking tracking, Set<String> names) {
    this.samples = List.copyOf(tracking.samples());
    this.names = Set.copyOf(names);
  }

  /** The mean of |w| / |w at the start| over the weights. */
  List<Series.Point> relativeNorm() {
    return mean(WeightChange::relativeNorm);
  }

  /** The mean of |step| / |w| over the weights. */
  List<Series.Point> effectiveStep() {
    return mean(WeightChange::effectiveStep);
  }

  private List<Series.Point> mean(ToDoubleFunction<WeightChange> value) {
    List<Series.Point> points = new ArrayList<>();
    for (WeightTracking.Sample sample : samples) {
      OptionalDouble mean =
          sample.changes().entrySet().stream()
              .filter(entry -> names.contains(entry.getKey()))
              .mapToDouble(entry -> value.applyAsDouble(entry.getValue()))
              .filter(Double::isFinite)
              .average();
      mean.ifPresent(y -> points.add(new Series.Point(sample.step(), y)));
    }
    return points;
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

  /** The last value of a curve; not a number for an empty one. */
  static double last(List<Series.Point> points) {
    return points.isEmpty() ? Double.NaN : points.get(points.size() - 1).y();
  }

  /** The mean of a curve; not a number for an empty one. */
  static double mean(List<Series.Point> points) {
    return points.stream().mapToDouble(Series.Point::y).average().orElse(Double.NaN);
  }

  /** How the values of some weights are distributed, all together. */
  static Histogram histogram(Module model, Set<String> names) {
    return Scope.computeWithoutGradient(
        () -> {
          TensorVector flat = new TensorVector();
          model
              .namedParameters()
              .forEach(
                  (name, parameter) -> {
                    if (names.contains(name)) {
                      flat.push_back(parameter.tensor().detach().cpu().reshape(-1));
                    }
                  });
          return new WeightInspection(new InspectionConfiguration(60, 0))
              .inspect("weights", torch.cat(flat, 0))
              .statistics()
              .histogram();
        });
  }
}
