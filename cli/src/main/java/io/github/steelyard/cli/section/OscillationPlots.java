package io.github.steelyard.cli.section;

import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.quant.OscillationSample;
import io.github.steelyard.quant.OscillationTracking;
import io.github.steelyard.quant.WeightTrajectory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What the integers of a model did in training, as plots. */
final class OscillationPlots {
  private static final int THRESHOLD_COLOR = 5;

  /** More lines would hide the curves; at 8 bits thresholds lie everywhere. */
  private static final int MOST_THRESHOLDS = 8;

  private OscillationPlots() {}

  static List<Plot> of(OscillationTracking tracking) {
    List<OscillationSample> samples = List.copyOf(tracking.samples());
    List<Plot> plots = new ArrayList<>();
    if (!samples.isEmpty()) {
      plots.add(
          line(
              "Oscillating weights",
              "The share of all quantized weights whose integer goes back and forth.",
              "share in %",
              List.of(
                  new Series(
                      "all weights", 0, false, points(samples, sample -> 100 * sample.share())))));
      plots.add(
          line(
              "Oscillating weights by layer",
              "The same share for each weight.",
              "share in %",
              byWeight(samples)));
      plots.add(dwell(samples));
      List<Series.Point> moved = new ArrayList<>();
      for (OscillationSample sample : samples) {
        sample
            .thresholdMovement()
            .ifPresent(ratio -> moved.add(new Series.Point(sample.step(), ratio)));
      }
      if (!moved.isEmpty()) {
        plots.add(
            line(
                "Movement of thresholds",
                "How far the threshold nearest to each weight moved in one step, over how far the"
                    + " weights moved (root mean squares, weights of fewest bits).",
                "ratio",
                List.of(new Series("all weights", 0, false, moved))));
      }
    }
    plots.addAll(trajectories(tracking.trajectories()));
    return plots;
  }

  private static List<Series> byWeight(List<OscillationSample> samples) {
    List<Series> series = new ArrayList<>();
    for (String name : samples.get(0).shares().keySet()) {
      series.add(
          new Series(
              name,
              series.size(),
              false,
              points(samples, sample -> 100 * sample.shares().getOrDefault(name, Double.NaN))));
    }
    return series;
  }

  private static List<Series.Point> points(
      List<OscillationSample> samples, ToDoubleFunction<OscillationSample> value) {
    return samples.stream()
        .map(sample -> new Series.Point(sample.step(), value.applyAsDouble(sample)))
        .toList();
  }

  /** Where weights dwell: many near a threshold are many that may flip. */
  private static Plot dwell(List<OscillationSample> samples) {
    OscillationSample first = samples.get(0);
    OscillationSample last = samples.get(samples.size() - 1);
    List<Series> series = new ArrayList<>();
    series.add(bins("after step " + first.step(), 0, first.dwell()));
    if (last.step() > first.step()) {
      series.add(bins("after step " + last.step(), 1, last.dwell()));
    }
    return new Plot(
        "Distance to the nearest threshold",
        "Weights at 0 lie on a rounding threshold. Inner levels end at 0.5; weights of the"
            + " outermost levels can lie beyond.",
        "steps between integers",
        "% of the weights in a bin",
        Plot.Kind.HISTOGRAM,
        false,
        series);
  }

  private static Series bins(String name, int color, List<Long> counts) {
    double all = counts.stream().mapToLong(Long::longValue).sum();
    List<Series.Point> points = new ArrayList<>();
    for (int bin = 0; bin < counts.size(); bin++) {
      points.add(
          new Series.Point((bin + 0.5) / counts.size(), 100 * counts.get(bin) / Math.max(1, all)));
    }
    return new Series(name, color, false, points);
  }

  /** One plot for each range of integers, since edges have more of them. */
  private static List<Plot> trajectories(List<WeightTrajectory> trajectories) {
    Map<String, List<WeightTrajectory>> byRange = new LinkedHashMap<>();
    for (WeightTrajectory trajectory : trajectories) {
      if (!trajectory.points().isEmpty()) {
        byRange
            .computeIfAbsent(
                trajectory.lowest() + " to " + trajectory.highest(), range -> new ArrayList<>())
            .add(trajectory);
      }
    }
    List<Plot> plots = new ArrayList<>();
    byRange.forEach(
        (range, own) ->
            plots.add(
                line(
                    "Trajectories of weights, integers " + range,
                    "Where single weights stand among the integers: the one of its layer that began"
                        + " nearest to a threshold. Thresholds lie halfway between integers (dashed"
                        + " where they are few); a weight that crosses one changes its integer.",
                    "position",
                    curves(own))));
    return plots;
  }

  private static List<Series> curves(List<WeightTrajectory> trajectories) {
    List<Series> series = new ArrayList<>();
    double lowest = Double.POSITIVE_INFINITY;
    double highest = Double.NEGATIVE_INFINITY;
    for (WeightTrajectory trajectory : trajectories) {
      List<Series.Point> points = new ArrayList<>();
      for (WeightTrajectory.Point point : trajectory.points()) {
        points.add(new Series.Point(point.step(), point.position()));
        lowest = Math.min(lowest, point.position());
        highest = Math.max(highest, point.position());
      }
      series.add(
          new Series(
              trajectory.weight() + " [" + trajectory.index() + "]",
              series.size() % THRESHOLD_COLOR,
              false,
              points));
    }
    series.addAll(thresholds(trajectories.get(0), lowest, highest));
    return series;
  }

  private static List<Series> thresholds(
      WeightTrajectory trajectory, double lowest, double highest) {
    List<WeightTrajectory.Point> points = trajectory.points();
    double from = points.get(0).step();
    double to = points.get(points.size() - 1).step();
    List<Series> lines = new ArrayList<>();
    for (int level = trajectory.lowest(); level < trajectory.highest(); level++) {
      double threshold = level + 0.5;
      if (threshold >= lowest - 0.5 && threshold <= highest + 0.5) {
        lines.add(
            new Series(
                "threshold " + threshold,
                THRESHOLD_COLOR,
                true,
                List.of(new Series.Point(from, threshold), new Series.Point(to, threshold))));
      }
    }
    return lines.size() > MOST_THRESHOLDS ? List.of() : lines;
  }

  private static Plot line(String title, String caption, String y, List<Series> series) {
    return new Plot(title, caption, "step", y, Plot.Kind.LINE, false, series);
  }
}
