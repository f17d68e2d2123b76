package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.results.RunHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * What the runs of one group of settings logged in training, as means over the seeds: the accuracy
 * and, where weights were quantized, which oscillated and where they ended among the thresholds.
 *
 * @param group what the settings have in common, for titles; may be empty
 * @param settings those of the group
 * @param name of a setting within the group
 * @param color of a setting
 */
record StudyCourses(
    StudyResults results,
    String group,
    List<Map<String, String>> settings,
    Function<Map<String, String>, String> name,
    ToIntFunction<Map<String, String>> color) {
  private static final String OSCILLATION = "oscillation";

  /** The plots for which something was logged. */
  List<Plot> plots() throws IOException {
    List<Plot> plots = new ArrayList<>();
    plots.add(
        course(
            "Accuracy in training",
            "Mean over the seeds, on the data that the runs were measured on.",
            "accuracy in %",
            "evaluation",
            "accuracy"));
    plots.add(
        course(
            "Oscillating weights in training",
            "The share of all quantized weights whose integer goes back and forth, mean over the"
                + " seeds.",
            "share in %",
            OSCILLATION,
            "share"));
    plots.add(dwell());
    plots.removeIf(plot -> plot.series().stream().allMatch(series -> series.points().size() < 2));
    return plots;
  }

  private Plot course(String title, String caption, String label, String event, String value)
      throws IOException {
    List<Series> series = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      Map<Double, List<Double>> byStep = new TreeMap<>();
      for (StudyRun run : results.runs(setting).values()) {
        for (Series.Point point : history(run).points(event, "step", line -> line.get(value))) {
          byStep.computeIfAbsent(point.x(), step -> new ArrayList<>()).add(100 * point.y());
        }
      }
      series.add(series(setting, byStep));
    }
    return new Plot(titled(title), caption, "step", label, Plot.Kind.LINE, false, series);
  }

  private Plot dwell() throws IOException {
    List<Series> series = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      Map<Double, List<Double>> byBin = new TreeMap<>();
      for (StudyRun run : results.runs(setting).values()) {
        List<JsonNode> events = history(run).events(OSCILLATION);
        if (!events.isEmpty()) {
          JsonNode counts = events.get(events.size() - 1).path("dwell");
          double all = 0;
          for (JsonNode count : counts) {
            all += count.asDouble();
          }
          for (int bin = 0; bin < counts.size(); bin++) {
            byBin
                .computeIfAbsent((bin + 0.5) / counts.size(), x -> new ArrayList<>())
                .add(100 * counts.get(bin).asDouble() / all);
          }
        }
      }
      series.add(series(setting, byBin));
    }
    return new Plot(
        titled("Distance to the nearest threshold at the end"),
        "Weights at 0 lie on a rounding threshold; mean over the seeds. Inner levels end at 0.5.",
        "steps between integers",
        "% of the weights in a bin",
        Plot.Kind.HISTOGRAM,
        false,
        series);
  }

  private Series series(Map<String, String> setting, Map<Double, List<Double>> values) {
    List<Series.Point> means = new ArrayList<>();
    values.forEach((x, own) -> means.add(new Series.Point(x, Interval.of(own).mean())));
    return new Series(name.apply(setting), color.applyAsInt(setting), false, means);
  }

  private String titled(String title) {
    return group.isEmpty() ? title : title + ": " + group;
  }

  /** Of a run that keeps its logs elsewhere, nothing. */
  static RunHistory history(StudyRun run) throws IOException {
    Path log = run.run().resolve("metrics.jsonl");
    return Files.exists(log) ? RunHistory.read(log) : RunHistory.EMPTY;
  }
}
