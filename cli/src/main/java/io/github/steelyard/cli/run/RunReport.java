package io.github.steelyard.cli.run;

import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.report.Figure;
import io.github.steelyard.cli.report.InspectionReport;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.results.LoggedWeights;
import io.github.steelyard.cli.results.RunHistory;
import io.github.steelyard.train.ProjectionTracking;
import io.github.steelyard.train.TrainingResult;
import io.github.steelyard.train.WeightHistograms;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * The report of one training run.
 *
 * @param training the training
 * @param history its log
 * @param result how it ended
 * @param shown what sections add
 */
record RunReport(Training training, RunHistory history, TrainingResult result, ReportPart shown) {
  private static final int BINS = 60;

  private static final String LATENT_START = ".parametrizations.";
  private static final String LATENT_END = ".original";

  Report report() {
    return part()
        .report(
            training.recipe().name(),
            training.recipe().description(),
            training.recipe().toYaml(),
            training.provenance());
  }

  /** What the sections show, with the training's own rows below and its own figures around. */
  ReportPart part() {
    List<List<String>> rows = new ArrayList<>(shown.rows());
    rows.addAll(metrics(training.recipe().data().measuredOn(), result));
    rows.add(List.of("steps", String.valueOf(result.steps())));
    rows.add(List.of("time", Numbers.duration(result.seconds())));
    rows.add(List.of("end", result.reason()));
    return new ReportPart(
        rows, shown.tables(), plots(), shown.details(), shown.photos(), shown.graph());
  }

  /** The metrics at the end, and the best one. */
  private static List<List<String>> metrics(String measuredOn, TrainingResult result) {
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

  private List<Figure> plots() {
    List<Figure> plots =
        new ArrayList<>(TrainingPlots.accuracy(training.recipe().data().measuredOn(), history));
    plots.addAll(shown.figures());
    plots.addAll(otherPlots());
    return plots;
  }

  /** The learning rate, and what the weights did. */
  private List<Plot> otherPlots() {
    List<Plot> plots = new ArrayList<>();
    plots.add(
        TrainingPlots.plot(
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
    plots.addAll(weightPlots());
    if (!isQuantized()) {
      plots.addAll(LoggedWeights.of(history).histograms());
    }
    return plots;
  }

  private List<Plot> weightPlots() {
    Set<String> all = new LinkedHashSet<>();
    training.weights().samples().forEach(sample -> all.addAll(sample.changes().keySet()));
    WeightCurves curves = new WeightCurves(training.weights(), all);
    Set<String> invariant = training.scaleInvariant();
    String which =
        isQuantized()
            ? "Latent weights, and what is not quantized."
            : invariant.isEmpty()
                ? "No weight of this model is scale-invariant."
                : "Solid: scale-invariant weights. Dashed: others.";
    if (!isQuantized() && all.stream().anyMatch(RunReport::isLatent)) {
      which = "Values before parametrizations, as the optimizer moves them. " + which;
    }
    List<Plot> plots = new ArrayList<>();
    plots.add(
        TrainingPlots.plot(
            "Weight norms",
            which,
            "relative to the start",
            false,
            series(curves.relativeNorms(), invariant)));
    plots.add(
        TrainingPlots.plot(
            "Effective steps",
            which,
            "|step| / |w|",
            true,
            series(curves.effectiveSteps(), invariant)));
    plots.add(
        TrainingPlots.plot(
            "Projected weights",
            "The share of weights whose step lost its radial part.",
            "%",
            false,
            new Series(
                "scale-invariant", 0, false, projected(ProjectionTracking.Sample::invariant)),
            new Series("others", 1, true, projected(ProjectionTracking.Sample::others))));
    if (isQuantized() && !all.isEmpty()) {
      plots.add(
          InspectionReport.histogram(
              "Weights at the end",
              List.of("weights of two and more dimensions"),
              List.of(WeightHistograms.together(training.model(), all, BINS))));
    }
    return plots;
  }

  private List<Series.Point> projected(ToDoubleFunction<ProjectionTracking.Sample> share) {
    return training.projections().samples().stream()
        .map(sample -> new Series.Point(sample.step(), 100 * share.applyAsDouble(sample)))
        .toList();
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

  private boolean isQuantized() {
    return training.recipe().has(RecipeSection.Place.QUANTIZE);
  }

  private static boolean isLatent(String name) {
    return name.contains(LATENT_START) && name.endsWith(LATENT_END);
  }
}
