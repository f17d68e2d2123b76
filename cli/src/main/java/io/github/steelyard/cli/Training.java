package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.LossRecipe;
import io.github.steelyard.cli.recipe.OptimizerRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.ScheduleRecipe;
import io.github.steelyard.cli.recipe.TeacherRecipe;
import io.github.steelyard.cli.recipe.TrainRecipe;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ScaleInvariance;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.Schedule;
import io.github.steelyard.optim.Schedules;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Distillation;
import io.github.steelyard.train.EarlyStopping;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.WeightAverage;
import io.github.steelyard.train.WeightTracking;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Everything that a recipe describes, made: data, model, optimizer and trainer. */
final class Training {
  /** Samples for finding scale-invariant weights: enough for a normalization, few for speed. */
  private static final long PROBED = 4;

  private final Device device;
  private final Recipe recipe;
  private final DataLoader trainingData;
  private final DataLoader testData;
  private final Optional<Quantization> quantization;
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
   * @param start the full-precision weights that a quantized model starts from; empty for training
   *     in full precision
   * @throws IOException if data or weights cannot be read
   * @throws UsageException if parts of the recipe do not fit each other or this machine
   */
  Training(Recipe written, List<String> command, Optional<FullPrecision> start) throws IOException {
    device = UsageException.unless(() -> Device.of(written.device()));
    RecipeData data = new RecipeData(written.data(), written.seed());
    trainingData = data.training();
    testData = data.test();
    recipe = written.withModel(RecipeModel.fitted(written.model(), trainingData));
    Seeds.set(recipe.seed());
    if (start.isPresent()) {
      quantization =
          Optional.of(
              new Quantization(
                  recipe.quantization().orElseThrow(),
                  recipe.model(),
                  start.get(),
                  trainingData,
                  device));
      model = quantization.get().prepared();
    } else {
      quantization = Optional.empty();
      model = RecipeModel.create(recipe.model());
      model.to(device);
    }
    Optimizer optimizer = optimizer(recipe.optimizer());
    provenance = Provenance.now(recipe.seed(), fingerprints(start), recipe.toMap(), command);
    TrainingConfiguration configuration = configuration();
    trainer =
        new Trainer(model, optimizer, trainingData, loss(recipe.loss()), configuration)
            .schedule(schedule(recipe.schedule()))
            .evaluate(testData, new Accuracy())
            .provenance(provenance);
    // The scale of a quantizer is learned or follows from the weight: nothing is invariant.
    scaleInvariant = quantization.isPresent() ? Set.of() : findScaleInvariant();
    int every = recipe.train().logEvery();
    weights = new WeightTracking(every, (name, w) -> w.isTrainable() && w.shape().length > 1);
    projections = new ProjectionTracking(every, scaleInvariant);
    quantization.ifPresent(own -> own.addActing(trainer));
    trainer.callback("weights", weights).callback("projections", projections);
    quantization.ifPresent(own -> own.addWatching(trainer));
    if (recipe.train().patience() > 0) {
      trainer.callback(
          "patience", new EarlyStopping(recipe.train().monitor(), recipe.train().patience(), 0));
    }
    if (recipe.train().averageDecay() > 0) {
      trainer.average(new WeightAverage(model, recipe.train().averageDecay(), true));
    }
  }

  private Map<String, String> fingerprints(Optional<FullPrecision> start) {
    Map<String, String> fingerprints = RecipeData.fingerprints(trainingData, testData);
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

  private Optimizer optimizer(OptimizerRecipe chosen) {
    List<ParameterGroup> groups =
        ParameterGroup.of(model, chosen.learningRate(), chosen.weightDecay());
    return UsageException.unless(() -> Optimizers.create(chosen.name(), groups, chosen.options()));
  }

  private Loss loss(LossRecipe chosen) throws IOException {
    CrossEntropy base = new CrossEntropy(chosen.labelSmoothing());
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

  private TrainingConfiguration configuration() {
    TrainRecipe chosen = recipe.train();
    return UsageException.unless(
        () ->
            new TrainingConfiguration(
                chosen.epochs(),
                recipe.seed(),
                device,
                chosen.precision(),
                chosen.accumulation(),
                chosen.maxGradientNorm(),
                chosen.evaluateEvery(),
                chosen.logEvery(),
                chosen.checkpointEverySteps(),
                chosen.checkpointEveryEpochs(),
                chosen.keepCheckpoints(),
                chosen.monitor()));
  }

  private Schedule schedule(ScheduleRecipe chosen) {
    int accumulation = recipe.train().accumulation();
    long stepsPerEpoch = (trainingData.batchesPerEpoch() + accumulation - 1L) / accumulation;
    long total = stepsPerEpoch * recipe.train().epochs();
    long warmup = Math.min(total, Math.round(chosen.warmupEpochs() * stepsPerEpoch));
    Schedule main =
        switch (chosen.name()) {
          case "step" -> Schedules.step(steps(chosen.everyEpochs(), stepsPerEpoch), chosen.gamma());
          case "multi_step" ->
              Schedules.multiStep(
                  chosen.milestones().stream()
                      .map(milestone -> Math.max(1, steps(milestone, stepsPerEpoch) - warmup))
                      .toList(),
                  chosen.gamma());
          case "cosine" -> Schedules.cosine(Math.max(1, total - warmup), chosen.minimum());
          default -> Schedules.constant();
        };
    return warmup == 0 ? main : Schedules.warmup(warmup, chosen.warmupStart(), main);
  }

  private static long steps(double epochs, long stepsPerEpoch) {
    return Math.max(1, Math.round(epochs * stepsPerEpoch));
  }

  /** The recipe with everything filled in that the data decides. */
  Recipe recipe() {
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

  /** The test data. */
  DataLoader testData() {
    return testData;
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
    int accumulation = recipe.train().accumulation();
    return (trainingData.batchesPerEpoch() + accumulation - 1L)
        / accumulation
        * recipe.train().epochs();
  }
}
