package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection.Place;
import io.github.steelyard.cli.recipe.Section;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.cli.run.RecipeModel;
import io.github.steelyard.cli.run.RecipeOptimization;
import io.github.steelyard.cli.run.Run;
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
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Suggestion;
import io.github.steelyard.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Everything that strategies which are compared have in common: data, steps and backbone. */
public final class IncrementalStudy {
  private final Device device;
  private final RecipeData source;
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
    IncrementalRecipe steps = of(written);
    device = UsageException.unless(() -> Device.of(written.device()));
    source = new RecipeData(written);
    StreamSource stream = new StreamSource(written.data(), written.seed(), source);
    data = stream.stream(steps.extensions());
    DataLoader loader = new DataLoader(data.training(), data.augmentation(), data.loader());
    recipe =
        source.decided(
            written.withModel(RecipeModel.fittedToImages(written.model(), loader)),
            data.training());
    Dataset own =
        steps.extensions().isEmpty() ? data.training() : stream.stream(List.of()).training();
    scenario = UsageException.unless(() -> steps.scenario(own));
    requireSamples(data.training());
    requireSamples(data.test());
    UsageException.unless(() -> steps.requireRoom(scenario.classOrder().size()));
    optimization = new RecipeOptimization(recipe, device);
    UsageException.unless(
        () -> ClassifierHead.of(backbone(scenario.steps().get(0).size()), steps.options().head()));
  }

  /** What a recipe says about learning step by step. */
  static IncrementalRecipe of(Recipe recipe) {
    return recipe.section(IncrementalRecipe.class).orElseThrow();
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
    return of(recipe).startsTrained()
        ? prepared(RunModel.prepared(recipe, plain, Map.of()), Set.of(Place.NONE))
        : prepared(plain);
  }

  /** The network that the first step is, with a last layer that can grow. */
  Module trained() throws IOException {
    Path from = Path.of(recipe.from().orElseThrow());
    try (Run before = Run.open(from)) {
      Recipe made = before.kind().network(before, recipe.where());
      Module model = RunModel.load(made, before.kind().weights(before, made, false));
      ModelRecipe plain = new ModelRecipe(made.model().name(), made.model().options(), null);
      OpenHead.in(model, RecipeModel.create(plain));
      return prepared(model);
    }
  }

  /** A learner by one strategy, which knows no class yet. */
  IncrementalLearner learner(String strategy) {
    return new IncrementalLearner(
            of(recipe).configuration(strategy, optimization.configuration()),
            this::backbone,
            optimization::optimizer)
        .schedule((epochs, stepsPerEpoch) -> optimization.schedule(stepsPerEpoch))
        .provenance(provenance(strategy));
  }

  /** Where the results of one strategy come from. */
  Provenance provenance(String strategy) {
    return provenance(recipe(strategy));
  }

  /** Where the results of all strategies come from. */
  Provenance provenance() {
    return provenance(recipe);
  }

  private Provenance provenance(Recipe described) {
    Map<String, String> fingerprints = new LinkedHashMap<>();
    fingerprints.put("train", data.training().fingerprint());
    fingerprints.put("test", data.test().fingerprint());
    return Provenance.now(recipe.seed(), fingerprints, described.toMap(), command);
  }

  /** The recipe with everything filled in that the data decides. */
  Recipe recipe() {
    return recipe;
  }

  /** The recipe of one strategy. */
  Recipe recipe(String strategy) {
    return recipe.withSection(of(recipe).only(strategy));
  }

  /** Adds to the training of a step what the recipe asks besides the strategy's loss. */
  void addTo(Trainer trainer) {
    for (Section<?> section : recipe.sections()) {
      addTo(trainer, section);
    }
  }

  private <C> void addTo(Trainer trainer, Section<C> section) {
    section.kind().penalties(section.configuration(), setup()).forEach(trainer::penalty);
    if (section.kind().place() == Place.ADD) {
      section.kind().callbacks(section.configuration(), setup()).forEach(trainer::callback);
    }
  }

  private StepwiseSetup setup() {
    return new StepwiseSetup(recipe, device, InputDomain.of(source.normalization()));
  }

  /** A model with what lies on its weights below masks and quantizers, and what is frozen of it. */
  Module prepared(Module plain) {
    return prepared(plain, Set.of(Place.COMPAND, Place.ADD, Place.NONE));
  }

  private Module prepared(Module plain, Set<Place> places) {
    return UsageException.unless(
        () -> {
          Module prepared = plain;
          for (Section<?> section : recipe.sections()) {
            if (places.contains(section.kind().place())) {
              prepared = prepared(section, prepared);
            }
          }
          return prepared;
        });
  }

  private <C> Module prepared(Section<C> section, Module model) {
    try {
      return section.kind().prepare(section.configuration(), model, setup());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of the strategies. */
  List<String> strategies() {
    return of(recipe).strategies();
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
  Scenario scenario() {
    return scenario;
  }
}
