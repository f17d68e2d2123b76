package io.github.steelyard.cli;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.report.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** What the demo found: a table, the same as JSON, and the HTML report. */
final class DemoReport {
  static final List<String> COLUMNS =
      List.of(
          "optimizer",
          ">test accuracy",
          ">test loss",
          ">weight norm",
          ">effective step",
          ">projected",
          ">time");

  private DemoReport() {}

  static List<String> row(DemoRun run) {
    return List.of(
        run.title(),
        Numbers.percent(run.accuracy()),
        Numbers.brief(run.result().metrics().getOrDefault("loss", Double.NaN)),
        String.format(Locale.ROOT, "%.3f x", WeightCurves.last(run.relativeNorm())),
        String.format(Locale.ROOT, "%.2e", WeightCurves.mean(run.effectiveStep())),
        run.projected().isEmpty() ? "-" : Numbers.percent(WeightCurves.mean(run.projected()) / 100),
        Numbers.duration(run.result().seconds()));
  }

  static Map<String, Object> toJson(List<DemoRun> runs, Path report) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (DemoRun run : runs) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("optimizer", run.recipe().optimizer().name());
      row.put("test_accuracy", run.accuracy());
      row.put("test_loss", run.result().metrics().get("loss"));
      row.put("relative_norm", WeightCurves.last(run.relativeNorm()));
      row.put("mean_effective_step", WeightCurves.mean(run.effectiveStep()));
      row.put(
          "projected_share",
          run.projected().isEmpty() ? null : WeightCurves.mean(run.projected()) / 100);
      row.put("seconds", run.result().seconds());
      row.put("relative_norm_by_weight", run.layerNorms());
      rows.add(row);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("report", report.toString());
    result.put("optimizers", rows);
    result.put("provenance", runs.get(0).provenance());
    return result;
  }

  static Report of(List<DemoRun> runs, boolean quick) {
    DemoRun first = runs.get(0);
    return new Report(
        "Four optimizers on Fashion-MNIST",
        first.recipe().model().name()
            + ", "
            + first.recipe().train().epochs()
            + " epochs"
            + (quick ? " (quick variant)" : "")
            + ", one seed. Weight norm, effective step and projections are those of the "
            + first.layerNorms().size()
            + " scale-invariant weights: convolutions that a batch normalization follows. The norm"
            + " is relative to the start, the effective step is the mean of |step| / |w| over the"
            + " run.",
        new Table(
            List.of(
                "Optimizer",
                "Test accuracy",
                "Test loss",
                "Weight norm",
                "Effective step",
                "Projected",
                "Time"),
            runs.stream().map(DemoReport::row).toList()),
        plots(runs),
        Map.of("Weight norm by layer, relative to the start", layers(runs)),
        String.join("---\n", runs.stream().map(run -> run.recipe().toYaml()).toList()),
        first.provenance());
  }

  private static List<Plot> plots(List<DemoRun> runs) {
    return List.of(
        plot(
            runs,
            "Test accuracy",
            "After each epoch, on images that training never saw.",
            "accuracy in %",
            false,
            DemoRun::testAccuracy),
        plot(
            runs,
            "Training loss",
            "Of single batches, so it is noisy.",
            "cross-entropy",
            false,
            DemoRun::trainingLoss),
        plot(
            runs,
            "Weight norm",
            "Mean over the scale-invariant weights. Growth does not change what the network"
                + " computes, but it shrinks every later step.",
            "relative to the start",
            false,
            DemoRun::relativeNorm),
        plot(
            runs,
            "Effective step",
            "How far a step turns a scale-invariant weight. The schedule ends at zero.",
            "|step| / |w|",
            true,
            DemoRun::effectiveStep),
        plot(
            runs,
            "Projected weights",
            "The share of scale-invariant weights whose step lost its radial part.",
            "%",
            false,
            DemoRun::projected),
        InspectionReport.histogram(
            "Weights at the end",
            runs.stream().map(DemoRun::title).toList(),
            runs.stream().map(DemoRun::histogram).toList()));
  }

  private static Plot plot(
      List<DemoRun> runs,
      String title,
      String caption,
      String yLabel,
      boolean logarithmic,
      Function<DemoRun, List<Series.Point>> points) {
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      List<Series.Point> curve = points.apply(runs.get(i));
      if (!curve.isEmpty()) {
        series.add(new Series(runs.get(i).title(), i / 2, i % 2 == 0, curve));
      }
    }
    return new Plot(title, caption, "step", yLabel, Plot.Kind.LINE, logarithmic, series);
  }

  private static Table layers(List<DemoRun> runs) {
    List<String> columns = new ArrayList<>(List.of("Weight"));
    runs.forEach(run -> columns.add(run.title()));
    List<List<String>> rows = new ArrayList<>();
    for (String name : runs.get(0).layerNorms().keySet()) {
      List<String> row = new ArrayList<>(List.of(name));
      for (DemoRun run : runs) {
        row.add(String.format(Locale.ROOT, "%.3f", run.layerNorms().get(name)));
      }
      rows.add(row);
    }
    return new Table(columns, rows);
  }
}
