package io.github.steelyard.cli.study;

import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** What a study measured over an axis of numbers, with a line for each value of the other axes. */
final class StudyCurves {
  private static final int MOST_PARTS = 8;
  private static final int COLORS = 7;

  /** Beyond this ratio of the largest to the smallest mean, the small ones would all look alike. */
  private static final double LOGARITHMIC_FROM = 100;

  private final Study study;
  private final StudyResults results;
  private final StudyPlot plot;

  StudyCurves(Study study, StudyResults results, StudyPlot plot) {
    this.study = study;
    this.results = results;
    this.plot = plot;
  }

  Plot measure(String measure) {
    return plot(measure, measure, settings -> results.interval(settings, measure));
  }

  /** One plot for each part, of the first ones. */
  List<Plot> parts(String name) {
    return results.parts(name).stream()
        .limit(MOST_PARTS)
        .map(
            part ->
                plot(
                    name + " of " + part, name, settings -> results.interval(settings, name, part)))
        .toList();
  }

  private Plot plot(
      String title, String measured, Function<List<Map<String, String>>, Interval> intervals) {
    StudyMeasure measure = new StudyMeasure(measured);
    List<Series> series = new ArrayList<>();
    for (Map.Entry<String, Map<Double, List<Map<String, String>>>> line : lines().entrySet()) {
      int number = series.size();
      String name = line.getKey().isEmpty() ? study.name() : line.getKey();
      series.add(line(name, number, line.getValue(), intervals, measure.scale()));
    }
    return new Plot(
        StudyMeasure.heading(title) + " over " + plot.x(),
        "Mean over the seeds and its 95 % confidence interval (Student's t)"
            + averaged()
            + ". Lines lie a little side by side, so that their intervals can be told apart.",
        plot.x(),
        measure.label(),
        Plot.Kind.LINE,
        !measure.isFraction() && isWide(series),
        series);
  }

  private Series line(
      String name,
      int number,
      Map<Double, List<Map<String, String>>> settings,
      Function<List<Map<String, String>>, Interval> intervals,
      double scale) {
    List<Series.Point> points = new ArrayList<>();
    List<Series.Span> spans = new ArrayList<>();
    settings.forEach(
        (x, averaged) -> {
          Interval interval = intervals.apply(averaged);
          if (interval.count() > 0) {
            points.add(new Series.Point(x, scale * interval.mean()));
            spans.add(new Series.Span(x, scale * interval.low(), scale * interval.high()));
          }
        });
    return new Series(name, number, number >= COLORS, points, spans);
  }

  private String averaged() {
    List<String> rest = new ArrayList<>(study.axes().names());
    rest.remove(plot.x());
    rest.removeAll(plot.by());
    return rest.isEmpty() ? "" : "; each seed is averaged over " + String.join(" and ", rest);
  }

  /** Settings by the name of their line and, in order, by their number on the axis. */
  private Map<String, Map<Double, List<Map<String, String>>>> lines() {
    Map<String, Map<Double, List<Map<String, String>>>> lines = new LinkedHashMap<>();
    for (Map<String, String> setting : results.settings()) {
      lines
          .computeIfAbsent(StudyAxes.label(plot.line(setting)), key -> new TreeMap<>())
          .computeIfAbsent(Double.valueOf(setting.get(plot.x())), key -> new ArrayList<>())
          .add(setting);
    }
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
