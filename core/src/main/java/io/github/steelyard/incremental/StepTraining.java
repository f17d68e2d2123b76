package io.github.steelyard.incremental;

import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.incremental.Strategy.ReadOut;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.runtime.State;
import io.github.steelyard.runtime.Suggestion;
import io.github.steelyard.train.ConfusionMatrix;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * One step, from the model before it to the model after it. Nothing that was there is changed: a
 * step that fails leaves no trace.
 */
final class StepTraining {
  private static final int TRAINING = 1;
  private static final int ORDER = 2;
  private static final int EXEMPLARS = 3;

  private final IncrementalConfiguration configuration;
  private final Device device;
  private final StreamData data;
  private final ClassMap after;
  private final int oldClasses;
  private final int quota;
  private final ExemplarMemory memory;
  private final State kept;
  private final StepSamples samples;
  private final Dataset test;
  private final long seed;

  /** Checks everything that can be checked before training. */
  StepTraining(
      IncrementalConfiguration configuration,
      StreamData data,
      ClassMap before,
      List<String> newClasses,
      ExemplarMemory memory,
      State kept) {
    this.configuration = configuration;
    this.device = configuration.training().device();
    this.data = data;
    this.after = before.with(newClasses);
    this.oldClasses = before.size();
    for (String name : newClasses) {
      requireClass(data.training(), name);
    }
    this.quota = configuration.quota(after.size());
    this.memory = memory;
    this.kept = kept;
    this.samples =
        configuration
            .strategy()
            .samples()
            .choose(new StepData(configuration, data.training(), after, memory));
    this.test = new ClassView(data.test(), after, 0, after.size());
    this.seed = Seeds.derive(configuration.training().seed(), after.steps());
  }

  private static void requireClass(Dataset data, String name) {
    if (!data.classNames().contains(name)) {
      throw new IllegalArgumentException(
          data.name()
              + " has no class '"
              + name
              + "'"
              + Suggestion.clause(name, data.classNames()));
    }
  }

  ClassMap after() {
    return after;
  }

  /** Seeds what is drawn when the step's model is made. */
  void seed() {
    Seeds.set(seed);
  }

  /** Everything but the optimizer, the schedule and where checkpoints go. */
  Trainer trainer(
      Module student,
      Optional<Module> teacher,
      Optimizer optimizer,
      Optional<StepSchedule> schedule)
      throws IOException {
    LoaderConfiguration given = data.loader();
    DataLoader loader =
        new DataLoader(
            samples.training(),
            data.augmentation(),
            List.of(),
            new LoaderConfiguration(
                given.batchSize(),
                given.shuffle(),
                given.dropLast(),
                Seeds.derive(seed, ORDER),
                given.workers(),
                given.prefetch(),
                given.balanced()));
    TrainingConfiguration training =
        configuration.training().with(t -> t.seed = Seeds.derive(seed, TRAINING));
    Trainer trainer = new Trainer(student, optimizer, loader, loss(teacher), training);
    int perStep = training.accumulation();
    long stepsPerEpoch = (loader.batchesPerEpoch() + perStep - 1L) / perStep;
    schedule.ifPresent(s -> trainer.schedule(s.create(training.epochs(), stepsPerEpoch)));
    configuration
        .strategy()
        .restriction()
        .callback(context(teacher))
        .ifPresent(callback -> trainer.callback("restriction", callback));
    return trainer.callback(
        "step",
        new StepIdentity(configuration.strategy().name(), after, samples.training().fingerprint()));
  }

  private Loss loss(Optional<Module> teacher) {
    return configuration.strategy().objective().loss(context(teacher));
  }

  private StepContext context(Optional<Module> teacher) {
    return new StepContext(
        after, oldClasses, teacher, samples.training(), samples.heldOut(), kept, configuration);
  }

  /** The test samples of all classes, for evaluations during the step. */
  DataLoader testLoader(Module student) {
    return outputs(student).loader(test);
  }

  /** What is said of the training of a network that was taken over. */
  static TrainingResult trainedElsewhere() {
    return new TrainingResult(
        TrainingResult.Outcome.COMPLETED,
        "was trained elsewhere",
        0,
        0,
        Double.NaN,
        Map.of(),
        Optional.empty(),
        0);
  }

  /** Corrects the trained model, chooses exemplars and measures. */
  Learned finish(Module student, Optional<Module> teacher, TrainingResult training) {
    RowNorms before = RowNorms.of(student, configuration.head(), oldClasses);
    Map<String, Double> corrected = new TreeMap<>();
    if (oldClasses > 0) {
      new BiasAligning(configuration.head(), oldClasses)
          .preference(student)
          .ifPresent(preference -> corrected.put(StepResult.BIAS_PREFERENCE, preference));
      corrected.putAll(
          configuration.strategy().correction().apply(outputs(student), context(teacher)));
    }
    ExemplarMemory remembered =
        configuration.strategy().usesExemplars() ? remember(student) : memory;
    StepResult result =
        new StepResult(
            after.steps(),
            after.classesOf(after.steps() - 1),
            oldClasses,
            samples.training().size(),
            samples.exemplars(),
            training.epochs(),
            training.steps(),
            training.loss(),
            training.seconds(),
            before,
            RowNorms.of(student, configuration.head(), oldClasses),
            corrected,
            evaluations(student, remembered));
    return new Learned(student, after, remembered, keep(student, teacher), result);
  }

  /** What a finished step leaves. */
  record Learned(
      Module model, ClassMap classes, ExemplarMemory memory, State kept, StepResult result) {}

  private State keep(Module student, Optional<Module> teacher) {
    return Scope.compute(
        () -> {
          State given =
              configuration.strategy().objective().keep(outputs(student), context(teacher));
          return LearnerState.copy(given);
        });
  }

  private ExemplarMemory remember(Module student) {
    return memory.with(after.size() - oldClasses, quota, row -> best(student, row));
  }

  private List<Image> best(Module student, int row) {
    ClassView own = new ClassView(data.training(), after, row, row + 1);
    int[] order =
        switch (configuration.memory().selection()) {
          case RANDOM -> StepSamples.shuffled(own.size(), Seeds.derive(seed, EXEMPLARS, row));
          case HERDING -> Scope.compute(() -> Herding.order(outputs(student).features(own), quota));
        };
    List<Image> images = new ArrayList<>();
    for (int i : IntStream.of(order).limit(quota).toArray()) {
      try {
        images.add(own.sample(i).image());
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
    }
    return images;
  }

  private List<Evaluation> evaluations(Module student, ExemplarMemory kept) {
    ReadOut own = configuration.strategy().readOut();
    List<Evaluation> evaluations = new ArrayList<>();
    evaluations.add(evaluation(configuration, data, after, student, kept, own));
    if (kept.classes() > 0) {
      for (ReadOut other : List.of(ReadOuts.SOFTMAX, ReadOuts.NEAREST_MEAN)) {
        if (!other.key().equals(own.key())) {
          evaluations.add(evaluation(configuration, data, after, student, kept, other));
        }
      }
    }
    return evaluations;
  }

  /** Measures a model on the test samples of all its classes. */
  static Evaluation evaluation(
      IncrementalConfiguration configuration,
      StreamData data,
      ClassMap classes,
      Module model,
      ExemplarMemory memory,
      ReadOut readOut) {
    Device device = configuration.training().device();
    Outputs outputs = new Outputs(model, configuration.head(), data, device);
    DataLoader loader = outputs.loader(new ClassView(data.test(), classes, 0, classes.size()));
    ConfusionMatrix matrix = new ConfusionMatrix();
    Loss answers = readOut.answers(outputs, classes, memory);
    new Evaluator(loader, answers, List.of(matrix)).evaluate(model, device);
    return Evaluation.of(readOut, matrix, classes);
  }

  private Outputs outputs(Module student) {
    return new Outputs(student, configuration.head(), data, device);
  }
}
