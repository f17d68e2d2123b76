package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.io.inspect.Histogram;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.TrainingResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one optimizer did in the demo, in plain numbers: the model is gone by the time of the
 * report.
 *
 * @param recipe the resolved recipe
 * @param provenance where the numbers come from
 * @param result what came out
 * @param trainingLoss by step
 * @param testAccuracy in percent by step
 * @param relativeNorm mean |w| / |w at the start| of the scale-invariant weights by step
 * @param effectiveStep mean |step| / |w| of the scale-invariant weights by step
 * @param projected share of the scale-invariant weights that were projected, in percent by step
 * @param layerNorms the final |w| / |w at the start| of each scale-invariant weight
 * @param histogram the final values of the scale-invariant weights
 */
record DemoRun(
    Recipe recipe,
    Provenance provenance,
    TrainingResult result,
    List<Series.Point> trainingLoss,
    List<Series.Point> testAccuracy,
    List<Series.Point> relativeNorm,
    List<Series.Point> effectiveStep,
    List<Series.Point> projected,
    Map<String, Double> layerNorms,
    Histogram histogram) {

  static DemoRun of(Training training, RunHistory history, TrainingResult result) {
    WeightCurves curves = new WeightCurves(training.weights(), training.scaleInvariant());
    Map<String, Double> layers = new LinkedHashMap<>();
    curves.relativeNorms().forEach((name, points) -> layers.put(name, WeightCurves.last(points)));
    return new DemoRun(
        training.recipe(),
        training.provenance(),
        result,
        history.points("step", "step", line -> line.get("loss")),
        RunReport.percent(history.points("evaluation", "step", line -> line.get("accuracy"))),
        curves.relativeNorm(),
        curves.effectiveStep(),
        training.projections().invariantShare(),
        layers,
        WeightCurves.histogram(training.model(), training.scaleInvariant()));
  }

  /** The optimizer's name as its paper writes it. */
  String title() {
    return switch (recipe.optimizer().name()) {
      case "adamw" -> "AdamW";
      case "adamp" -> "AdamP";
      case "sgd" -> "SGD";
      case "sgdp" -> "SGDP";
      default -> recipe.optimizer().name();
    };
  }

  double accuracy() {
    return result.metrics().getOrDefault("accuracy", Double.NaN);
  }
}
