package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.LossRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.TeacherRecipe;
import io.github.steelyard.compander.CompanderTracking;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ScaleInvariance;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.robust.AdversarialLoss;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Distillation;
import io.github.steelyard.train.EarlyStopping;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.WeightAverage;
import io.github.steelyard.train.WeightHistograms;
import io.github.steelyard.train.WeightTracking;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Everything that a recipe describes, made: data, model, optimizer and trainer. */
public final class Training {
  /** Samples for finding scale-invariant weights: enough for a normalization, few for speed. */
  private static final long PROBED = 4;

  /** Enough to see a limit, few enough for the log. */
  private static final int BINS = 60;

  private final Device device;
  private final Recipe recipe;
  private final RecipeOptimization optimization;
  private final DataLoader trainingData;
  private final DataLoader testData;
  private final Optional<Quantization> quantization;
  private final Optional<Pruning> pruning;
  private final Module model;
  private final Trainer trainer;
  private final Provenance provenance;
  private final WeightTracking weights;
  private final ProjectionTracking projections;
  private final Set<String> scaleInvariant;

  /**
   * Makes everything for training in full precision; nothing is written yet.
   *
   * @param written the recipe
   * @param command the command line, for the provenance
   * @throws IOException if data or weights cannot be read
   * @throws UsageException if parts of the recipe do not fit each other or this machine
   */
  Training(Recipe written, List<String> command) throws IOException {
    this(written, command, Optional.empty());
  }

  /**
   * Makes everything; nothing is written yet.
   *
   * @param written the recipe
   * @param command the command line, for the provenance
   * @param start the full-precision weights that a quantized or pruned model starts from; empty to
   *     train from random ones
   * @throws IOException if data or weights cannot be read
   * @throws UsageException if parts of the recipe do not fit each other or this machine
   */
  Training(Recipe written, List<String> command, Optional<FullPrecision> start) throws IOException {
    device = UsageException.unless(() -> Device.of(written.device()));
    RecipeData data = new RecipeData(written.data(), written.seed());
    trainingData = data.training();
    testData = data.evaluation();
    recipe = written.withModel(RecipeModel.fitted(written.model(), trainingData));
    Seeds.set(recipe.seed());
    if (recipe.quantization().isPresent()) {
      quantization =
          Optional.of(
              new Quantization(
                  recipe.quantization().orElseThrow(),
                  recipe.model(),
                  new RecipeWeights(recipe),
                  recipe.pruning(),
                  start.orElseThrow(),
                  trainingData,
                  device));
      model = quantization.get().prepared();
    } else {
      quantization = Optional.empty();
      Module plain = RecipeModel.create(recipe.model());
      if (start.isPresent()) {
        start.get().load(plain);
      }
      plain.to(device);
      model = new RecipeWeights(recipe).prepare(plain);
      recipe.pruning().ifPresent(own -> Pruning.prepare(own, model));
    }
    optimization = new RecipeOptimization(recipe, device);
    Optimizer optimizer = optimization.optimizer(model);
    provenance = Provenance.now(recipe.seed(), fingerprints(start), recipe.toMap(), command);
    TrainingConfiguration configuration = optimization.configuration();
    long stepsPerEpoch = optimization.stepsPerEpoch(trainingData.batchesPerEpoch());
    trainer =
        new Trainer(model, optimizer, trainingData, loss(recipe.loss(), data), configuration)
            .schedule(optimization.schedule(stepsPerEpoch))
            .evaluate(testData, new Accuracy())
            .provenance(provenance);
    pruning = recipe.pruning().map(own -> new Pruning(own, stepsPerEpoch));
    // The scale of a quantizer is learned or follows from the weight: nothing is invariant.
    scaleInvariant = quantization.isPresent() ? Set.of() : findScaleInvariant();
    int every = recipe.train().logEvery();
    weights = new WeightTracking(every, (name, w) -> w.isTrainable() && w.shape().length > 1);
    projections = new ProjectionTracking(every, scaleInvariant);
    new RecipeWeights(recipe).addTo(trainer);
    quantization.ifPresent(own -> own.addActing(trainer));
    trainer.callback("weights", weights).callback("projections", projections);
    quantization.ifPresent(own -> own.addWatching(trainer));
    if (recipe.compander().isPresent()) {
      trainer.callback("compander", new CompanderTracking(every));
    }
    if (quantization.isEmpty()) { // A quantizer's weights are a few levels, which have own plots.
      trainer.callback("histograms", new WeightHistograms(BINS));
    }
    if (recipe.train().patience() > 0) {
      trainer.callback(
          "patience", new EarlyStopping(recipe.train().monitor(), recipe.train().patience(), 0));
    }
    if (recipe.train().averageDecay() > 0) {
      trainer.average(new WeightAverage(model, recipe.train().averageDecay(), true));
    }
  }

  private Map<String, String> fingerprints(Optional<FullPrecision> start) {
    Map<String, String> fingerprints =
        RecipeData.fingerprints(trainingData, testData, recipe.data().measuredOn());
    start.ifPresent(weights -> fingerprints.put("full-precision weights", weights.sha256()));
    return fingerprints;
  }

  private Set<String> findScaleInvariant() {
    return Scope.compute(
        () -> {
          try (BatchStream stream = testData.epoch(0, 0)) {
            Tensor inputs = stream.next().inputs();
            Tensor few = inputs.narrow(0, 0, Math.min(PROBED, inputs.size(0)));
            return ScaleInvariance.find(model, few.to(device.torch(), ScalarType.Float));
          }
        });
  }

  private Loss loss(LossRecipe chosen, RecipeData data) throws IOException {
    CrossEntropy base = new CrossEntropy(chosen.labelSmoothing());
    if (chosen.adversarial().isPresent()) {
      InputDomain domain = InputDomain.of(data.normalization());
      return UsageException.unless(
          () -> new AdversarialLoss(chosen.adversarial().get(), domain, base));
    }
    if (chosen.teacher().isEmpty()) {
      return base;
    }
    TeacherRecipe teacher = chosen.teacher().get();
    return new Distillation(base, teacher(teacher), teacher.distillation());
  }

  private Module teacher(TeacherRecipe chosen) throws IOException {
    if (chosen.isFullPrecision()) {
      return quantization.orElseThrow().fullPrecision();
    }
    Module teacher =
        RecipeModel.create(RecipeModel.fitted(chosen.model().orElseThrow(), trainingData));
    teacher.to(device);
    return teacher;
  }

  /** The recipe with everything filled in that the data decides. */
  public Recipe recipe() {
    return recipe;
  }

  /** Where it computes. */
  Device device() {
    return device;
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

  /** What quantizes the model, if something does. */
  Optional<Quantization> quantization() {
    return quantization;
  }

  /** What the model is measured on: test data, or validation data if the recipe holds some back. */
  DataLoader testData() {
    return testData;
  }

  /** Lets the training prune its model, and keep the weights from before in the run's folder. */
  void addPruning(RunDirectory run) {
    pruning.ifPresent(own -> own.addTo(trainer, run));
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
    return optimization.stepsPerEpoch(trainingData.batchesPerEpoch()) * recipe.train().epochs();
  }
}
