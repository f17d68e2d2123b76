package io.github.steelyard.cli.study;

import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What a study measured over an axis of numbers, with a line for each value of the other axes. */
final class StudyCurves {
  private static final int MOST_PARTS = 8;
  private static final int COLORS = 7;

  /** Beyond this ratio of the largest to the smallest mean, the small ones would all look alike. */
  private static final double LOGARITHMIC_FROM = 20;

  private final Study study;
  private final StudyResults results;
  private final String axis;

  StudyCurves(Study study, StudyResults results, String axis) {
    this.study = study;
    this.results = results;
    this.axis = axis;
  }

  Plot measure(String measure) {
    return plot(measure, measure, setting -> results.interval(setting, measure));
  }

  /** One plot for each part, of the first ones. */
  List<Plot> parts(String name) {
    return results.parts(name).stream()
        .limit(MOST_PARTS)
        .map(
            part ->
                plot(name + " of " + part, name, setting -> results.interval(setting, name, part)))
        .toList();
  }

  private Plot plot(
      String title, String measured, Function<Map<String, String>, Interval> intervals) {
    StudyMeasure measure = new StudyMeasure(measured);
    List<Series> series = new ArrayList<>();
    for (Map.Entry<String, List<Map<String, String>>> line : lines().entrySet()) {
      int number = series.size();
      String name = line.getKey().isEmpty() ? study.name() : line.getKey();
      series.add(line(name, number, line.getValue(), intervals, measure.scale()));
    }
    return new Plot(
        StudyMeasure.heading(title) + " over " + axis,
        "Mean of the runs and its 95 % confidence interval (Student's t). Lines lie a little side by"
            + " side, so that their intervals can be told apart.",
        axis,
        measure.label(),
        Plot.Kind.LINE,
        !measure.isFraction() && isWide(series),
        series);
  }

  private Series line(
      String name,
      int number,
      List<Map<String, String>> settings,
      Function<Map<String, String>, Interval> intervals,
      double scale) {
    List<Series.Point> points = new ArrayList<>();
    List<Series.Span> spans = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      Interval interval = intervals.apply(setting);
      double x = Double.parseDouble(setting.get(axis));
      if (interval.count() > 0) {
        points.add(new Series.Point(x, scale * interval.mean()));
        spans.add(new Series.Span(x, scale * interval.low(), scale * interval.high()));
      }
    }
    return new Series(name, number, number >= COLORS, points, spans);
  }

  /** Settings by the values of all other axes, in the order of their numbers. */
  private Map<String, List<Map<String, String>>> lines() {
    Map<String, List<Map<String, String>>> lines = new LinkedHashMap<>();
    for (Map<String, String> setting : results.settings()) {
      Map<String, String> others = new LinkedHashMap<>(setting);
      others.remove(axis);
      lines.computeIfAbsent(StudyAxes.label(others), key -> new ArrayList<>()).add(setting);
    }
    lines
        .values()
        .forEach(
            line ->
                line.sort(
                    Comparator.comparingDouble(setting -> Double.parseDouble(setting.get(axis)))));
    return lines;
  }

  private static boolean isWide(List<Series> series) {
    double[] values =
        series.stream()
            .flatMap(one -> one.points().stream())
            .mapToDouble(Series.Point::y)
            .sorted()
            .toArray();
    return values.length > 0
        && values[0] > 0
        && values[values.length - 1] > LOGARITHMIC_FROM * values[0];
  }
}
