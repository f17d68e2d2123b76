package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection.Place;
import io.github.steelyard.cli.recipe.Section;
import io.github.steelyard.cli.recipe.TrainRecipe;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ScaleInvariance;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.EarlyStopping;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.Penalty;
import io.github.steelyard.train.ProjectionTracking;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.WeightAverage;
import io.github.steelyard.train.WeightHistograms;
import io.github.steelyard.train.WeightTracking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Everything that a recipe describes, made: data, model, optimizer and trainer. */
public final class Training implements TrainingSetup {
  /** Samples for finding scale-invariant weights: enough for a normalization, few for speed. */
  private static final long PROBED = 4;

  /** Enough to see a limit, few enough for the log. */
  private static final int BINS = 60;

  private final Set<String> notes = new LinkedHashSet<>();
  private final Device device;
  private final Path folder;
  private final Optional<StartingWeights> start;
  private final RecipeData data;
  private final DataLoader trainingData;
  private final DataLoader evaluationData;
  private final Recipe recipe;
  private final RecipeLoss loss;
  private final RecipeOptimization optimization;
  private final Module model;
  private final Trainer trainer;
  private final Provenance provenance;
  private final WeightTracking weights;
  private final ProjectionTracking projections;
  private final Set<String> scaleInvariant;
  private final Map<String, Callback> callbacks = new LinkedHashMap<>();
  private Module original;

  /**
   * Makes everything; nothing is written yet.
   *
   * @param written the recipe
   * @param start the weights that it begins with; empty for random ones, or those of {@code
   *     model.weights}
   * @param folder the run's folder
   * @param command the command line, for the provenance
   * @throws IOException if data or weights cannot be read
   * @throws UsageException if parts of the recipe do not fit each other or this machine
   */
  Training(Recipe written, Optional<StartingWeights> start, Path folder, List<String> command)
      throws IOException {
    this.start = start;
    this.folder = folder;
    device = UsageException.unless(() -> Device.of(written.device()));
    data = new RecipeData(written);
    trainingData = data.training();
    evaluationData = data.evaluation();
    recipe = data.fitted(written, trainingData);
    loss = new RecipeLoss(this, trainingData, notes);
    optimization = new RecipeOptimization(recipe, device);
    Seeds.set(recipe.seed());
    if (recipe.has(Place.QUANTIZE)) {
      original(); // First: to make it takes random numbers, too.
    }
    model = prepared(beginning(false));
    Optimizer optimizer = optimization.optimizer(model);
    for (Section<?> section : recipe.sections()) {
      optimizer = optimizer(section, optimizer);
    }
    Distributed.current()
        .requireSame("data or starting weights", String.join("\n", lines(fingerprints())));
    provenance = Provenance.now(recipe.seed(), fingerprints(), recipe.toMap(), command);
    trainer =
        new Trainer(model, optimizer, trainingData, loss(), optimization.configuration())
            .schedule(optimization.schedule(stepsPerEpoch()))
            .evaluate(evaluationData, new Accuracy())
            .provenance(provenance);
    // The scale of a quantizer is learned or follows from the weight: nothing is invariant.
    scaleInvariant = recipe.has(Place.QUANTIZE) ? Set.of() : findScaleInvariant();
    int every = recipe.train().logEvery();
    weights = new WeightTracking(every, (name, w) -> w.isTrainable() && w.shape().length > 1);
    projections = new ProjectionTracking(every, scaleInvariant);
    addCallbacks();
    if (recipe.train().averageDecay() > 0) {
      double decay = recipe.train().averageDecay();
      trainer.average(
          recipe.train().average() == TrainRecipe.Average.PUBLISHED
              ? WeightAverage.published(model, decay)
              : new WeightAverage(model, decay, true));
    }
  }

  private void addCallbacks() {
    for (Section<?> section : recipe.sections()) {
      penalties(section).forEach(trainer::penalty);
    }
    for (Section<?> section : recipe.sections()) {
      acting(section).forEach(this::add);
    }
    add("weights", weights);
    add("projections", projections);
    for (Section<?> section : recipe.sections()) {
      watching(section).forEach(this::add);
    }
    if (!recipe.has(Place.QUANTIZE)) { // Quantized weights are a few levels, which have own plots.
      add("histograms", new WeightHistograms(BINS));
    }
    if (recipe.train().patience() > 0) {
      add("patience", new EarlyStopping(recipe.train().monitor(), recipe.train().patience(), 0));
    }
  }

  private void add(String name, Callback callback) {
    callbacks.put(name, callback);
    trainer.callback(name, callback);
  }

  private static <C> Optimizer optimizer(Section<C> section, Optimizer optimizer) {
    return section.kind().optimizer(section.configuration(), optimizer);
  }

  private <C> Map<String, Penalty> penalties(Section<C> section) {
    return UsageException.unless(() -> section.kind().penalties(section.configuration(), this));
  }

  private <C> Map<String, Callback> acting(Section<C> section) {
    return section.kind().callbacks(section.configuration(), this);
  }

  private <C> Map<String, Callback> watching(Section<C> section) {
    return section.kind().watchers(section.configuration(), this);
  }

  private <C> Module prepared(Section<C> section, Module model) throws IOException {
    try {
      return section.kind().prepare(section.configuration(), model, this);
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage(), e);
    }
  }

  private Module prepared(Module plain) throws IOException {
    Module prepared = plain;
    for (Section<?> section : recipe.sections()) {
      prepared = prepared(section, prepared);
    }
    return prepared;
  }

  /** What was done to weights of files so that they fit, in plain sentences. */
  Set<String> notes() {
    return notes;
  }

  /**
   * A model with the weights that the training begins with.
   *
   * @param trained whether they must know the classes already
   */
  private Module beginning(boolean trained) throws IOException {
    ModelRecipe own = recipe.model();
    Module plain;
    if (start.isPresent()) {
      plain = RecipeModel.create(new ModelRecipe(own.name(), own.options(), null));
      start.get().load(plain, own.strict(), notes);
    } else {
      plain = RecipeModel.create(own, trained, notes);
    }
    plain.to(device);
    return plain;
  }

  @Override
  public Module original() {
    if (original == null) {
      if (start.isEmpty() && recipe.model().weights() == null) {
        throw new UsageException(
            "the full-precision weights are missing: name the folder of a run or a safetensors file"
                + " by the key 'from', such as --set from=runs/NAME");
      }
      try {
        original = beginning(true);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return original;
  }

  @Override
  public BatchSource trainingBatches() {
    return trainingData;
  }

  private Map<String, String> fingerprints() {
    Map<String, String> fingerprints =
        RecipeData.fingerprints(trainingData, evaluationData, recipe.data().measuredOn());
    start.ifPresent(own -> fingerprints.put("full-precision weights", own.sha256()));
    return fingerprints;
  }

  private static List<String> lines(Map<String, String> values) {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .toList();
  }

  private Set<String> findScaleInvariant() {
    return Scope.compute(
        () -> {
          try (BatchStream stream = evaluationData.epoch(0, 0)) {
            Tensor inputs = stream.next().inputs();
            Tensor few = inputs.narrow(0, 0, Math.min(PROBED, inputs.size(0)));
            return ScaleInvariance.find(model, few.to(device.torch(), ScalarType.Float));
          }
        });
  }

  private Loss loss() throws IOException {
    Loss whole = loss.loss();
    for (Section<?> section : recipe.sections()) {
      whole = loss(section, whole);
    }
    return whole;
  }

  private <C> Loss loss(Section<C> section, Loss loss) {
    return section.kind().loss(section.configuration(), loss, this);
  }

  @Override
  public Recipe recipe() {
    return recipe;
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public InputDomain domain() {
    return InputDomain.of(data.normalization());
  }

  @Override
  public long stepsPerEpoch() {
    return optimization.stepsPerEpoch(trainingData.batchesPerEpoch());
  }

  @Override
  public long samples() {
    return trainingData.dataset().size();
  }

  /** How much each class counts in the loss, in the order of the labels. */
  Optional<List<Double>> classWeights() {
    return loss.classWeights();
  }

  /** The data that it trains on and is measured on. */
  RecipeData data() {
    return data;
  }

  /** What the model is measured on: test data, or validation data if the recipe holds some back. */
  DataLoader evaluationData() {
    return evaluationData;
  }

  Module model() {
    return model;
  }

  Trainer trainer() {
    return trainer;
  }

  Provenance provenance() {
    return provenance;
  }

  /** All callbacks by name. */
  Map<String, Callback> callbacks() {
    return callbacks;
  }

  /** The weights that it begins with, if they come from elsewhere. */
  Optional<StartingWeights> start() {
    return start;
  }

  /** What the weights did. */
  WeightTracking weights() {
    return weights;
  }

  /** What SGDP and AdamP projected. */
  ProjectionTracking projections() {
    return projections;
  }

  /** The weights whose length does not matter. */
  Set<String> scaleInvariant() {
    return scaleInvariant;
  }

  /** Optimizer steps of the whole run. */
  long totalSteps() {
    return stepsPerEpoch() * recipe.train().epochs();
  }
}
