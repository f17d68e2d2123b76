package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.IncrementalRecipe;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.cli.run.RecipeModel;
import io.github.steelyard.cli.run.RecipeOptimization;
import io.github.steelyard.cli.run.RecipeWeights;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.ClassifierHead;
import io.github.steelyard.incremental.IncrementalLearner;
import io.github.steelyard.incremental.Scenario;
import io.github.steelyard.incremental.StreamData;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Suggestion;
import io.github.steelyard.train.Trainer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Everything that strategies which are compared have in common: data, steps and backbone. */
public final class IncrementalStudy {
  private final Device device;
  private final Recipe recipe;
  private final List<String> command;
  private final StreamData data;
  private final Scenario scenario;
  private final RecipeOptimization optimization;

  /**
   * Opens the data and checks what can be checked before training; nothing is written yet.
   *
   * @param written a recipe with a section 'incremental'
   * @param command the command line, for the provenance
   * @throws IOException if data cannot be read
   * @throws UsageException if parts of the recipe do not fit each other or this machine
   */
  public IncrementalStudy(Recipe written, List<String> command) throws IOException {
    this.command = command;
    IncrementalRecipe steps = written.incremental().orElseThrow();
    device = UsageException.unless(() -> Device.of(written.device()));
    RecipeData source = new RecipeData(written.data(), written.seed());
    data = source.stream(steps.extensions());
    DataLoader loader = new DataLoader(data.training(), data.augmentation(), data.loader());
    recipe = written.withModel(RecipeModel.fittedToImages(written.model(), loader));
    Dataset own =
        steps.extensions().isEmpty() ? data.training() : source.stream(List.of()).training();
    scenario = UsageException.unless(() -> steps.scenario(own));
    requireSamples(data.training());
    requireSamples(data.test());
    UsageException.unless(() -> steps.requireRoom(scenario.classOrder().size()));
    optimization = new RecipeOptimization(recipe, device);
    UsageException.unless(
        () -> ClassifierHead.of(backbone(scenario.steps().get(0).size()), steps.options().head()));
  }

  private void requireSamples(Dataset from) {
    boolean[] present = new boolean[from.classNames().size()];
    for (int i = 0; i < from.size(); i++) {
      present[from.label(i)] = true;
    }
    for (String name : scenario.classOrder()) {
      int label = from.classNames().indexOf(name);
      if (label < 0) {
        throw new UsageException(
            from.name()
                + " has no class '"
                + name
                + "'"
                + Suggestion.clause(name, from.classNames()));
      }
      if (!present[label]) {
        throw new UsageException(from.name() + " holds no sample of the class '" + name + "'");
      }
    }
  }

  /** Where it computes. */
  Device device() {
    return device;
  }

  /** A model with random weights. */
  Module backbone(int classes) {
    ModelRecipe model = recipe.model();
    Module plain = Models.create(model.name(), model.options().with(o -> o.classes = classes));
    // The maps of a first step that was trained before come with its weights.
    return recipe.incremental().orElseThrow().startsTrained()
        ? RunModel.prepared(recipe, plain, Map.of())
        : new RecipeWeights(recipe).prepare(plain);
  }

  /** A learner by one strategy, which knows no class yet. */
  IncrementalLearner learner(String strategy) {
    return new IncrementalLearner(
            recipe
                .incremental()
                .orElseThrow()
                .configuration(strategy, optimization.configuration()),
            this::backbone,
            optimization::optimizer)
        .schedule((epochs, stepsPerEpoch) -> optimization.schedule(stepsPerEpoch))
        .provenance(provenance(strategy));
  }

  /** Where the results of one strategy come from. */
  public Provenance provenance(String strategy) {
    return provenance(recipe(strategy));
  }

  /** Where the results of all strategies come from. */
  public Provenance provenance() {
    return provenance(recipe);
  }

  private Provenance provenance(Recipe described) {
    Map<String, String> fingerprints = new LinkedHashMap<>();
    fingerprints.put("train", data.training().fingerprint());
    fingerprints.put("test", data.test().fingerprint());
    return Provenance.now(recipe.seed(), fingerprints, described.toMap(), command);
  }

  /** The recipe with everything filled in that the data decides. */
  public Recipe recipe() {
    return recipe;
  }

  /** The recipe of one strategy. */
  public Recipe recipe(String strategy) {
    return recipe.withIncremental(recipe.incremental().orElseThrow().only(strategy));
  }

  /** Adds to the training of a step what the recipe asks besides the strategy's loss. */
  void addTo(Trainer trainer) {
    new RecipeWeights(recipe).addTo(trainer);
  }

  /** The names of the strategies. */
  public List<String> strategies() {
    return recipe.incremental().orElseThrow().strategies();
  }

  StreamData data() {
    return data;
  }

  /** The test samples of the classes that a model knows, labelled with its rows. */
  DataLoader test(ClassMap classes) throws IOException {
    return new DataLoader(
        UsageException.unless(() -> classes.select(data.test())),
        data.preprocessing(),
        LoaderConfiguration.evaluation(data.loader().batchSize())
            .withWorkers(data.loader().workers()));
  }

  /** The steps, those of extensions included. */
  public Scenario scenario() {
    return scenario;
  }
}
