package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.results.Results;
import io.github.steelyard.cli.run.Materialized;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.GradualPruning;
import io.github.steelyard.robust.MagnitudePruning;
import io.github.steelyard.robust.OperationReport;
import io.github.steelyard.robust.PruningSchedule;
import io.github.steelyard.robust.ScorePruning;
import io.github.steelyard.robust.ScoreTraining;
import io.github.steelyard.robust.SparsityReport;
import io.github.steelyard.robust.SpectralReport;
import io.github.steelyard.robust.StructuredPruning;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The section {@code pruning}: filters are removed before the first step, weights become zero while
 * the model is trained and stay zero, by their magnitude or by scores that are learned. Afterwards
 * the network is written with and without its masks, counted and measured.
 */
public final class PruningSection implements RecipeSection<PruningRecipe> {
  private static final String KEY = "pruning";

  /** Called by {@link java.util.ServiceLoader}. */
  public PruningSection() {}

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Place place() {
    return Place.MASK;
  }

  @Override
  public PruningRecipe read(Mapping section) {
    return PruningRecipe.read(section);
  }

  @Override
  public Object write(PruningRecipe configuration) {
    return configuration.toTree();
  }

  @Override
  public void check(PruningRecipe configuration, Recipe recipe, Mapping section) {
    configuration.check(section, recipe.train().epochs());
    if (configuration.scores().isPresent() && recipe.section(FreezeRecipe.class).isPresent()) {
      throw section.error(
          "by",
          "cannot be scores beside freeze: scores freeze the weights, and thaw them together");
    }
    if (recipe.has(Place.QUANTIZE) && configuration.scores().isPresent()) {
      throw section.error(
          "by",
          "cannot be scores in a recipe that quantizes: quantize the pruned network in a run of its"
              + " own, with pruning: {sparsity: "
              + Numbers.brief(1 - configuration.scores().get().keep())
              + ", ranking: layer}, which keeps its zeros");
    }
    if (recipe.has(Place.QUANTIZE) && configuration.filters().isPresent()) {
      throw section.error(
          "filters",
          "cannot be in a recipe that quantizes: the weights of a model without its filters do not"
              + " fit the recipe's model");
    }
  }

  /** A model that is quantized above was pruned before: its zeros stay, and few are added. */
  @Override
  public Module prepare(PruningRecipe configuration, Module model, TrainingSetup setup) {
    if (setup.recipe().has(Place.QUANTIZE)) {
      MagnitudePruning pruning = new MagnitudePruning(configuration.weights().orElseThrow());
      return pruning.isReached(model) ? pruning.keepZeros(model) : pruning.apply(model);
    }
    if (configuration.scores().isPresent()) {
      return scored(configuration, model);
    }
    configuration.filters().ifPresent(own -> new StructuredPruning(own).apply(model));
    configuration.weights().ifPresent(own -> new MagnitudePruning(own).prepare(model));
    return model;
  }

  private static Module scored(PruningRecipe configuration, Module model) {
    new ScorePruning(configuration.scores().orElseThrow()).apply(model);
    if (configuration.finetuneEpoch().isPresent()) {
      // The optimizer must know the weights, which are frozen before the first step.
      model.namedParameters().values().forEach(parameter -> parameter.setTrainable(true));
    }
    return model;
  }

  /** A fresh model gets the places for the masks or scores of a pruned one. */
  @Override
  public Module restore(PruningRecipe configuration, Module model, Map<String, Tensor> state) {
    if (configuration.scores().isPresent()) {
      return scored(configuration, model);
    }
    configuration.weights().ifPresent(own -> new MagnitudePruning(own).prepare(model));
    return model;
  }

  @Override
  public Map<String, Callback> callbacks(PruningRecipe configuration, TrainingSetup setup) {
    if (setup.recipe().has(Place.QUANTIZE)) {
      return Map.of();
    }
    if (configuration.scores().isPresent()) {
      return configuration
          .finetuneEpoch()
          .map(epoch -> new ScoreTraining(Math.round(epoch * setup.stepsPerEpoch())))
          .map(own -> Map.<String, Callback>of(KEY, own))
          .orElse(Map.of());
    }
    long begin = Math.round(configuration.beginEpoch() * setup.stepsPerEpoch());
    long end = Math.round(configuration.endEpoch() * setup.stepsPerEpoch());
    Map<String, Callback> callbacks = new LinkedHashMap<>();
    callbacks.put("before_pruning", new WeightsBefore(setup.folder(), begin));
    configuration
        .weights()
        .ifPresent(
            own ->
                callbacks.put(
                    KEY,
                    new GradualPruning(
                        own, new PruningSchedule(begin, end, configuration.every()))));
    return callbacks;
  }

  /** The best weights may be from before the pruning. */
  @Override
  public boolean takesLast(PruningRecipe configuration, Recipe recipe) {
    return !recipe.has(Place.QUANTIZE);
  }

  @Override
  public ReportPart followUp(PruningRecipe configuration, TrainedNetwork network)
      throws IOException {
    if (network.recipe().has(Place.QUANTIZE)) {
      return ReportPart.EMPTY;
    }
    Results results = network.results(KEY);
    if (results.has("operations")
        && Files.exists(masked(network))
        && Files.exists(dense(network))) {
      return shown(network);
    }
    Files.createDirectories(network.folder().exports());
    Module model = network.model();
    if (configuration.scores().isPresent()) {
      model = network.copy();
      ScorePruning.finish(model);
      model.to(network.device());
    }
    ModelFile.save(masked(network), model, network.provenance());
    Module plain = network.copy();
    Materialized.allButQuantizers(plain);
    ModelFile.save(dense(network), plain, network.provenance());
    SparsityReport sparsity = SparsityReport.of(model);
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("sparsity", sparsity.sparsity());
    values.put(
        "bytes",
        Map.of(
            "dense_file", Files.size(dense(network)),
            "masked_file", Files.size(masked(network)),
            "if_stored_sparse", sparsity.sparseBytes()));
    values.put("operations", operations(model, network));
    values.put("metrics", network.evaluate(model));
    values.put("spectra", LayerTable.toJson(SpectralReport.of(model)));
    results.saveAll(values);
    return shown(network);
  }

  private static Map<String, Object> operations(Module model, TrainedNetwork network)
      throws IOException {
    return Scope.compute(
        () -> {
          Tensor sample = GatesSection.sample(network);
          OperationReport counted =
              OperationReport.of(model, sample.to(network.device().torch(), ScalarType.Float));
          return Map.of("all", counted.all(), "left", counted.left());
        });
  }

  private static Path masked(TrainedNetwork network) {
    return network.folder().exports().resolve("masked.safetensors");
  }

  private static Path dense(TrainedNetwork network) {
    return network.folder().exports().resolve("dense.safetensors");
  }

  private static ReportPart shown(TrainedNetwork network) throws IOException {
    SparsityReport sparsity = SparsityReport.of(network.model());
    SpectralReport spectra = SpectralReport.of(network.model());
    JsonNode operations = network.results(KEY).get("operations");
    List<List<String>> rows =
        List.of(
            List.of("sparsity of the layers' weights", Numbers.percent(sparsity.sparsity())),
            List.of(
                "operations without those with zeros (computed)",
                String.format(
                    Locale.ROOT,
                    "%,.0f of %,.0f",
                    operations.path("left").asDouble(),
                    operations.path("all").asDouble())),
            List.of(
                "largest effective condition number",
                Numbers.brief(spectra.largestConditionNumber())),
            List.of(
                "product of the layers' Lipschitz bounds",
                "10^" + Numbers.brief(spectra.log10LayerProduct())),
            List.of("dense file", Numbers.bytes(Files.size(dense(network)))),
            List.of("masked file", Numbers.bytes(Files.size(masked(network)))),
            List.of(
                "if stored as bits and values (computed)", Numbers.bytes(sparsity.sparseBytes())));
    Map<String, Table> tables = Map.of("Layers", LayerTable.of(sparsity, spectra));
    return new ReportPart(
        rows,
        tables,
        PruningPlots.of(network.model(), network.folder(), network.history()),
        Map.of(),
        List.of(),
        Optional.empty());
  }
}
