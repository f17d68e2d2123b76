package io.github.steelyard.cli.run;

import io.github.steelyard.cli.report.InspectionReport;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.train.TrainingResult;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The report of one training run. */
public final class RunReport {
  private static final String LATENT_START = ".parametrizations.";
  private static final String LATENT_END = ".original";

  private RunReport() {}

  static Report of(Training training, RunHistory history, TrainingResult result) {
    return new Report(
        training.recipe().name(),
        training.recipe().description(),
        new Table(
            List.of("Measure", "Value"), results(training.recipe().data().measuredOn(), result)),
        plots(training, history),
        Map.of(),
        training.recipe().toYaml(),
        training.provenance());
  }

  private static List<List<String>> results(String measuredOn, TrainingResult result) {
    List<List<String>> rows = metrics(measuredOn, result);
    rows.add(List.of("steps", String.valueOf(result.steps())));
    rows.add(List.of("time", Numbers.duration(result.seconds())));
    rows.add(List.of("end", result.reason()));
    return rows;
  }

  /** The metrics at the end, and the best one. */
  public static List<List<String>> metrics(String measuredOn, TrainingResult result) {
    List<List<String>> rows = new ArrayList<>();
    result
        .metrics()
        .forEach(
            (name, value) ->
                rows.add(List.of(measuredOn + " " + name, Numbers.metric(name, value))));
    result
        .best()
        .ifPresent(
            best ->
                rows.add(
                    List.of(
                        "best " + best.metric(),
                        Numbers.metric(best.metric(), best.value())
                            + " after epoch "
                            + best.epoch())));
    return rows;
  }

  private static List<Plot> plots(Training training, RunHistory history) {
    List<Plot> plots =
        new ArrayList<>(accuracyPlots(training.recipe().data().measuredOn(), history));
    plots.addAll(otherPlots(training, history));
    return plots;
  }

  /** Loss and accuracy over the steps. */
  public static List<Plot> accuracyPlots(String measuredOn, RunHistory history) {
    List<Plot> plots = new ArrayList<>();
    plots.add(
        plot(
            "Loss",
            "Training: single batches; " + measuredOn + ": after an epoch.",
            "loss",
            false,
            new Series("training", 0, false, points(history, "step", "loss")),
            new Series(measuredOn, 1, false, points(history, "evaluation", "loss")),
            new Series(
                measuredOn + ", averaged weights",
                2,
                true,
                points(history, "evaluation", "average.loss"))));
    plots.add(
        plot(
            measuredOn.equals("test") ? "Test accuracy" : "Validation accuracy",
            "",
            "accuracy in %",
            false,
            new Series("weights", 0, false, percent(points(history, "evaluation", "accuracy"))),
            new Series(
                "averaged weights",
                2,
                true,
                percent(points(history, "evaluation", "average.accuracy")))));
    return plots;
  }

  /** The learning rate, and what the weights did. */
  static List<Plot> otherPlots(Training training, RunHistory history) {
    List<Plot> plots = new ArrayList<>();
    plots.add(
        plot(
            "Learning rate",
            "",
            "learning rate",
            false,
            new Series(
                "first parameter group",
                0,
                false,
                history.points(
                    "step", "step", line -> line.path("learning_rate").elements().next()))));
    plots.addAll(weightPlots(training));
    if (training.quantization().isEmpty()) {
      plots.addAll(LoggedWeights.of(history).histograms());
    }
    plots.addAll(LoggedWeights.of(history).companders());
    return plots;
  }

  private static List<Plot> weightPlots(Training training) {
    Set<String> all = new LinkedHashSet<>();
    training.weights().samples().forEach(sample -> all.addAll(sample.changes().keySet()));
    WeightCurves curves = new WeightCurves(training.weights(), all);
    Set<String> invariant = training.scaleInvariant();
    String which =
        training.quantization().isPresent()
            ? "Latent weights, and what is not quantized."
            : invariant.isEmpty()
                ? "No weight of this model is scale-invariant."
                : "Solid: scale-invariant weights. Dashed: others.";
    if (training.quantization().isEmpty() && all.stream().anyMatch(RunReport::isLatent)) {
      which = "Values before parametrizations, as the optimizer moves them. " + which;
    }
    List<Plot> plots = new ArrayList<>();
    plots.add(
        plot(
            "Weight norms",
            which,
            "relative to the start",
            false,
            series(curves.relativeNorms(), invariant)));
    plots.add(
        plot(
            "Effective steps",
            which,
            "|step| / |w|",
            true,
            series(curves.effectiveSteps(), invariant)));
    plots.add(
        plot(
            "Projected weights",
            "The share of weights whose step lost its radial part.",
            "%",
            false,
            new Series("scale-invariant", 0, false, training.projections().invariantShare()),
            new Series("others", 1, true, training.projections().otherShare())));
    if (training.quantization().isPresent() && !all.isEmpty()) {
      plots.add(
          InspectionReport.histogram(
              "Weights at the end",
              List.of("weights of two and more dimensions"),
              List.of(WeightCurves.histogram(training.model(), all))));
    }
    return plots;
  }

  private static Series[] series(
      Map<String, List<Series.Point>> curves, Set<String> scaleInvariant) {
    List<Series> series = new ArrayList<>();
    curves.forEach(
        (name, points) ->
            series.add(
                new Series(
                    isLatent(name) ? name.replace(LATENT_START, ".").replace(LATENT_END, "") : name,
                    series.size(),
                    !scaleInvariant.contains(name),
                    points)));
    return series.toArray(Series[]::new);
  }

  private static boolean isLatent(String name) {
    return name.contains(LATENT_START) && name.endsWith(LATENT_END);
  }

  private static List<Series.Point> points(RunHistory history, String event, String field) {
    return history.points(event, "step", line -> line.get(field));
  }

  public static List<Series.Point> percent(List<Series.Point> fractions) {
    return fractions.stream().map(p -> new Series.Point(p.x(), 100 * p.y())).toList();
  }

  private static Plot plot(
      String title, String caption, String y, boolean logarithmic, Series... series) {
    List<Series> drawn = new ArrayList<>();
    for (Series curve : series) {
      if (!curve.points().isEmpty()) {
        drawn.add(curve);
      }
    }
    return new Plot(title, caption, "step", y, Plot.Kind.LINE, logarithmic, drawn);
  }
}
