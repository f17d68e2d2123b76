package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.cli.report.Figure;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.results.Results;
import io.github.steelyard.cli.run.StartingWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.ConfidenceGuidedAnnealing;
import io.github.steelyard.quant.IterativeFreezing;
import io.github.steelyard.quant.OscillationSummary;
import io.github.steelyard.quant.OscillationTracking;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.quant.ScaleRate;
import io.github.steelyard.quant.ScaleTracking;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The section {@code quantization}: weights and activations of few bits, learned from a trained
 * network ({@code from}). Afterwards it is measured beside the network that it began with.
 */
public final class QuantizationSection implements RecipeSection<QuantizationRecipe> {
  private static final String KEY = "quantization";
  private static final String OSCILLATION = "oscillation";

  /** Called by {@link java.util.ServiceLoader}. */
  public QuantizationSection() {}

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Place place() {
    return Place.QUANTIZE;
  }

  @Override
  public QuantizationRecipe read(Mapping section) {
    return QuantizationRecipe.read(section);
  }

  @Override
  public Object write(QuantizationRecipe configuration) {
    return configuration.toTree();
  }

  @Override
  public void check(QuantizationRecipe configuration, Recipe recipe, Mapping section) {
    configuration.check(section, recipe.train().epochs());
  }

  @Override
  public Module prepare(QuantizationRecipe configuration, Module model, TrainingSetup setup)
      throws IOException {
    return Scope.compute(
        () ->
            new PrepareQuantization(
                    configuration.configuration(),
                    setup.trainingBatches(),
                    configuration.calibrationSamples())
                .apply(model));
  }

  @Override
  public Module restore(QuantizationRecipe configuration, Module model, Map<String, Tensor> state) {
    return PrepareQuantization.withoutSample(configuration.configuration()).apply(model);
  }

  @Override
  public Map<String, Callback> callbacks(QuantizationRecipe configuration, TrainingSetup setup) {
    Map<String, Callback> callbacks = new LinkedHashMap<>();
    configuration
        .annealing()
        .ifPresent(own -> callbacks.put("annealing", new ConfidenceGuidedAnnealing(own)));
    configuration
        .freezing()
        .ifPresent(own -> callbacks.put("freezing", new IterativeFreezing(own)));
    if (configuration.scaleRate() != 1) {
      callbacks.put("scale_rate", new ScaleRate(configuration.scaleRate()));
    }
    return callbacks;
  }

  @Override
  public Map<String, Callback> watchers(QuantizationRecipe configuration, TrainingSetup setup) {
    Map<String, Callback> callbacks = new LinkedHashMap<>();
    callbacks.put("scales", new ScaleTracking());
    configuration
        .oscillation()
        .ifPresent(own -> callbacks.put(OSCILLATION, new OscillationTracking(own)));
    return callbacks;
  }

  @Override
  public ReportPart followUp(QuantizationRecipe configuration, TrainedNetwork network)
      throws IOException {
    Results results = network.results(KEY);
    if (!results.has("quantized")) {
      network.err().println("measuring the quantized model");
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("full_precision", StartingWeights.metrics(network.folder()));
      values.put("quantized", network.evaluate(network.model()));
      results.saveAll(values);
    }
    Optional<OscillationTracking> tracking =
        network.callback(OSCILLATION, OscillationTracking.class);
    if (tracking.isPresent()) {
      results.save(OSCILLATION, toJson(tracking.get().summary(network.model())));
    }
    return shown(network);
  }

  private static Map<String, Object> toJson(Optional<OscillationSummary> summary) {
    Map<String, Object> shares = new LinkedHashMap<>();
    summary.ifPresent(
        own -> {
          shares.put("peak", own.peak());
          shares.put("end", own.end());
          shares.put("end_fewest_bits", own.endFewestBits());
          shares.put("end_near_threshold", own.endNearThreshold());
          own.thresholdMovement().ifPresent(moved -> shares.put("threshold_movement", moved));
        });
    return shares;
  }

  private static ReportPart shown(TrainedNetwork network) throws IOException {
    Results results = network.results(KEY);
    String data = network.recipe().data().measuredOn();
    List<List<String>> rows = new ArrayList<>();
    rows.addAll(metrics(data, "full precision", results.numbers("full_precision")));
    rows.addAll(metrics(data, "quantized", results.numbers("quantized")));
    Map<String, QuantizedWeight> weights = QuantizedWeight.of(network.model());
    Optional<OscillationTracking> tracking =
        network.callback(OSCILLATION, OscillationTracking.class);
    List<Figure> figures = new ArrayList<>();
    tracking.ifPresent(own -> figures.addAll(OscillationPlots.of(own)));
    figures.addAll(QuantizationPlots.levels(weights));
    Map<String, Table> details =
        Map.of("Quantized weights", QuantizationPlots.weightTable(tracking, weights));
    return new ReportPart(rows, Map.of(), figures, details, List.of(), Optional.empty());
  }

  private static List<List<String>> metrics(String data, String name, Map<String, Double> metrics) {
    return metrics.entrySet().stream()
        .map(
            metric ->
                List.of(
                    data + " " + metric.getKey() + ", " + name,
                    Numbers.metric(metric.getKey(), metric.getValue())))
        .toList();
  }
}
