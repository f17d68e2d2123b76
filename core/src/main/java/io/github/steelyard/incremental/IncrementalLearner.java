package io.github.steelyard.incremental;

import io.github.steelyard.incremental.Strategy.ReadOut;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import io.github.steelyard.runtime.Stateful;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingResult;
import io.github.steelyard.train.TrainingResult.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Learns classes step by step. Each step grows the last layer, trains with an optimizer of its own,
 * corrects the layer, chooses exemplars and measures; how, says the {@link Strategy}.
 *
 * <pre>{@code
 * IncrementalLearner learner =
 *     new IncrementalLearner(
 *         IncrementalConfiguration.of(
 *             Strategies.get("wa"), MemoryConfiguration.total(200), TrainingConfiguration.ofEpochs(5)),
 *         classes -> Models.create("resnet8", ModelOptions.none().with(o -> o.classes = classes)),
 *         model -> new SGD(ParameterGroup.of(model, 0.1, 2e-4)));
 * IncrementalResult result = learner.run(stream, Scenario.of(stream.training(), List.of(2, 2, 2, 2, 2)));
 * }</pre>
 *
 * <p>A step is taken whole or not at all: when it fails or is stopped, model, classes and memory
 * are as before. With a {@linkplain #runDirectory run directory}, everything is saved after each
 * step, and the trainer's checkpoints inside the step; {@link #resume()} continues from both, on
 * the processor bit for bit. A finished learner resumes too, to be extended by further classes.
 *
 * <p>Memory: beside the trained model, the model before the step (for distillation) and the
 * exemplars' images. A learner is used by one thread, apart from {@link #requestStop()}.
 */
public final class IncrementalLearner implements Stateful {
  private final IncrementalConfiguration configuration;
  private final StepModels models;
  private final Function<Module, Optimizer> optimizer;
  private Optional<StepSchedule> schedule = Optional.empty();
  private StepSetup setup = (trainer, classes, test) -> {};
  private Optional<LearnerFolder> folder = Optional.empty();
  private Optional<Provenance> provenance = Optional.empty();
  private Optional<Module> model = Optional.empty();
  private ClassMap classes = ClassMap.empty();
  private ExemplarMemory memory = ExemplarMemory.empty();
  private State kept = State.empty();
  private List<StepResult> results = List.of();
  private volatile boolean stopRequested;
  private volatile Trainer running;

  /**
   * Creates a learner that knows no class.
   *
   * @param configuration how to learn
   * @param backbone makes a model with as many classes as it is told, always of the same layers;
   *     parametrizations that the weights shall have are made here too
   * @param optimizer makes the optimizer of a step for the model of that step
   */
  public IncrementalLearner(
      IncrementalConfiguration configuration,
      IntFunction<Module> backbone,
      Function<Module, Optimizer> optimizer) {
    this.configuration = configuration;
    models = new StepModels(configuration, backbone);
    this.optimizer = optimizer;
  }

  /**
   * Lets a schedule set the learning rates of each step. Without one they stay as they are.
   *
   * @param value makes the schedule of a step
   * @return this learner
   */
  public IncrementalLearner schedule(StepSchedule value) {
    schedule = Optional.of(value);
    return this;
  }

  /**
   * Adds to the trainer of each step.
   *
   * @param value prepares a trainer; replaces what was set before
   * @return this learner
   */
  public IncrementalLearner setup(StepSetup value) {
    setup = value;
    return this;
  }

  /**
   * Saves to a folder: {@code checkpoints/learner.safetensors} after each step, and each step's log
   * and checkpoints in {@code checkpoints/step-<number>}.
   *
   * @param directory the folder, created, resumed or replaced
   * @return this learner
   */
  public IncrementalLearner runDirectory(RunDirectory directory) {
    folder = Optional.of(new LearnerFolder(directory));
    return this;
  }

  /**
   * Says where the run comes from; this travels in every checkpoint.
   *
   * @param value the run's provenance
   * @return this learner
   */
  public IncrementalLearner provenance(Provenance value) {
    provenance = Optional.of(value);
    return this;
  }

  /**
   * Continues from what the run directory holds after its last finished step. A step that was
   * interrupted continues from its newest checkpoint when it is learned again.
   *
   * @return how many steps are finished; 0 if none, so that the stream starts at its beginning
   * @throws IOException if the file is damaged or cannot be read; this learner is then unchanged
   * @throws IllegalArgumentException if it is of another strategy, memory or backbone; this learner
   *     is then unchanged
   * @throws IllegalStateException if there is no run directory
   */
  public int resume() throws IOException {
    LearnerFolder from =
        folder.orElseThrow(
            () -> new IllegalStateException("there is no run directory to resume from"));
    from.restore(this);
    return classes.steps();
  }

  /**
   * Removes what an interrupted step left in the run directory, so that another step can be learned
   * in its place. Finished steps are not touched.
   *
   * @throws IOException if it cannot be removed or is in use
   * @throws IllegalStateException if there is no run directory
   */
  public void discardInterruptedStep() throws IOException {
    folder
        .orElseThrow(() -> new IllegalStateException("there is no run directory"))
        .discard(classes.steps() + 1);
  }

  /**
   * Learns the steps of a scenario that are not learned yet.
   *
   * @param data where samples come from
   * @param scenario the classes of all steps; must begin with those that are known already
   * @return the results of all steps that are finished: all of the scenario's unless a stop was
   *     requested
   * @throws IllegalArgumentException if the scenario does not continue what is known, or a step
   *     cannot be learned; see {@link #learn}
   * @throws IOException if data or a checkpoint cannot be read or written
   */
  public IncrementalResult run(StreamData data, Scenario scenario) throws IOException {
    for (int step = 0; step < classes.steps(); step++) {
      List<String> known = classes.classesOf(step);
      if (step >= scenario.steps().size() || !scenario.steps().get(step).equals(known)) {
        throw new IllegalArgumentException(
            "step "
                + (step + 1)
                + " learned the classes "
                + known
                + ", but the scenario brings "
                + (step < scenario.steps().size() ? scenario.steps().get(step) : "no such step"));
      }
    }
    configuration.quota(scenario.classOrder().size());
    for (List<String> step : scenario.steps().subList(classes.steps(), scenario.steps().size())) {
      if (learn(data, step).isEmpty()) {
        break;
      }
    }
    return result();
  }

  /**
   * Learns one step.
   *
   * @param data where samples come from
   * @param newClasses the names of the classes that arrive
   * @return what came out; empty if a stop was requested before the step's end, which can be
   *     continued with a run directory
   * @throws IllegalArgumentException if no class is new, a class was seen before, is not in the
   *     data or has no sample, the memory has not one place for each class, or the model's last
   *     layer is not a Linear; this learner is then unchanged
   * @throws io.github.steelyard.train.DivergenceException if training diverged; this learner is
   *     then unchanged
   * @throws IOException if data or a checkpoint cannot be read or written
   */
  public Optional<StepResult> learn(StreamData data, List<String> newClasses) throws IOException {
    StepTraining step = new StepTraining(configuration, data, classes, newClasses, memory, kept);
    step.seed();
    Module student = models.student(model, classes, step.after());
    Optional<Module> teacher = models.beginAnew() ? Optional.empty() : model;
    Trainer trainer = step.trainer(student, teacher, optimizer.apply(student), schedule);
    setup.prepare(trainer, step.after(), step.testLoader(student));
    provenance.ifPresent(trainer::provenance);
    TrainingResult trained;
    try (LearnerFolder.Step open = LearnerFolder.open(folder, step.after().steps(), trainer)) {
      trained = run(trainer);
    }
    if (trained.outcome() == Outcome.INTERRUPTED) {
      return Optional.empty();
    }
    StepTraining.Learned learned = step.finish(student, teacher, trained);
    take(learned);
    if (folder.isPresent()) {
      folder.get().save(this, provenance);
    }
    return Optional.of(learned.result());
  }

  /**
   * Takes over a network that was trained elsewhere as the first step, so that further classes can
   * be learned: chooses exemplars of its classes and measures it, but does not train it.
   *
   * @param data where samples come from
   * @param known the names of the network's classes, in the order of its outputs
   * @param trained the network; its weights are copied into one of the backbone's
   * @return what came out, with no epochs and optimizer steps
   * @throws IllegalStateException if steps were learned before
   * @throws IllegalArgumentException if the network is not the backbone's with so many classes, a
   *     class is named twice or has no sample, or the memory has not one place for each class; this
   *     learner is then unchanged
   * @throws IOException if data cannot be read or the learner not be saved
   */
  public StepResult adopt(StreamData data, List<String> known, Module trained) throws IOException {
    if (classes.steps() > 0) {
      throw new IllegalStateException(
          "a network can be taken over as the first step only, but "
              + classes.steps()
              + " steps were learned");
    }
    StepTraining step = new StepTraining(configuration, data, classes, known, memory, kept);
    step.seed();
    Module student = models.make(known.size());
    Scope.run(() -> student.loadStateDict(trained.stateDict()));
    StepTraining.Learned learned =
        step.finish(student, Optional.empty(), StepTraining.trainedElsewhere());
    take(learned);
    if (folder.isPresent()) {
      folder.get().save(this, provenance);
    }
    return learned.result();
  }

  private TrainingResult run(Trainer trainer) {
    running = trainer;
    if (stopRequested) {
      trainer.requestStop();
    }
    try {
      TrainingResult trained = trainer.run();
      // One that came after the last step stops the next training.
      stopRequested &= trained.outcome() != Outcome.INTERRUPTED;
      return trained;
    } finally {
      running = null;
    }
  }

  private void take(StepTraining.Learned learned) {
    List<StepResult> all = new ArrayList<>(results);
    all.add(learned.result());
    model = Optional.of(learned.model());
    classes = learned.classes();
    memory = learned.memory();
    kept = learned.kept();
    results = List.copyOf(all);
  }

  /**
   * Asks the step that is running, or else the next one, to stop after its current optimizer step.
   * May be called from any thread.
   */
  public void requestStop() {
    stopRequested = true;
    Trainer trainer = running;
    if (trainer != null) {
      trainer.requestStop();
    }
  }

  /**
   * Measures the model as it is.
   *
   * @param data gives the test samples, which must hold all classes that the model knows
   * @param readOut how answers are read
   * @return the evaluation
   * @throws IllegalArgumentException if a class has no test sample, or the nearest mean is asked
   *     for without exemplars
   * @throws IllegalStateException if no step was learned yet
   */
  public Evaluation evaluate(StreamData data, ReadOut readOut) {
    return StepTraining.evaluation(configuration, data, classes, model(), memory, readOut);
  }

  /**
   * The model after the last finished step.
   *
   * @return the live model
   * @throws IllegalStateException if no step was learned yet
   */
  public Module model() {
    return model.orElseThrow(() -> new IllegalStateException("no step was learned yet"));
  }

  /**
   * Which row of the model's last layer means which class, and in which step each arrived.
   *
   * @return the class map after the last finished step
   */
  public ClassMap classes() {
    return classes;
  }

  /**
   * The exemplars.
   *
   * @return the memory after the last finished step; empty for strategies without
   */
  public ExemplarMemory memory() {
    return memory;
  }

  /**
   * How this learner learns.
   *
   * @return the configuration
   */
  public IncrementalConfiguration configuration() {
    return configuration;
  }

  /**
   * What came out so far.
   *
   * @return the results of all finished steps
   */
  public IncrementalResult result() {
    return new IncrementalResult(configuration.strategy().name(), classes, results);
  }

  /**
   * Writes the model with its class map, for {@link ClassifierFile#load}.
   *
   * @param file the file to create or replace; its folder must exist
   * @param made what made the weights
   * @throws IOException if the file cannot be written; it is then as it was before
   * @throws IllegalStateException if no step was learned yet
   */
  public void save(Path file, Provenance made) throws IOException {
    ClassifierFile.save(file, model(), classes, made);
  }

  @Override
  public State state() {
    return new LearnerState(
            classes, memory, kept, model.map(Module::stateDict).orElse(Map.of()), results)
        .of(configuration);
  }

  @Override
  public void restore(State state) {
    LearnerState saved = LearnerState.read(state, configuration);
    Optional<Module> restored = Optional.empty();
    if (saved.classes().size() > 0) {
      Module made = models.make(saved.classes().size());
      Scope.run(() -> made.loadStateDict(saved.weights()));
      restored = Optional.of(made);
    }
    memory = saved.memory();
    kept = saved.kept();
    model = restored;
    classes = saved.classes();
    results = saved.results();
  }
}
