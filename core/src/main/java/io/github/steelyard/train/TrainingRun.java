package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Schedule;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Stateful;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training run has besides its loop: the model, the optimizer, callbacks, penalties, a
 * schedule, an average, evaluations, a folder, and the exact resume. {@link #begin()} gives the
 * {@link TrainingLoop} whose hooks a loop of your own calls where it stands. {@link Trainer} is one
 * such loop and has no other means.
 *
 * <pre>{@code
 * TrainingRun run =
 *     new TrainingRun(model, optimizer, loader.batchesPerEpoch(), TrainingConfiguration.ofEpochs(10))
 *         .callback("weights", new WeightTracking(10));
 * if (file.toFile().exists()) {
 *   run.restore(Checkpoint.read(file)); // the model, the optimizer, callbacks, generators: all
 * }
 * }</pre>
 *
 * <p>With a {@link #runDirectory} checkpoints are written when the configuration says, and {@link
 * #resume()} continues from the newest. On the processor, with the same number of threads, a
 * resumed run ends in the same weights, bit for bit, as one without interruption, and an own loop
 * in the same as the Trainer.
 */
public final class TrainingRun {
  private static final System.Logger LOG = System.getLogger(TrainingRun.class.getName());

  final Module model;
  final Optimizer optimizer;
  final int batchesPerEpoch;
  final TrainingConfiguration configuration;
  final Map<String, Stateful> parts = new LinkedHashMap<>();
  final Map<String, Penalty> penalties = new LinkedHashMap<>();
  final Map<String, Callback> callbacks = new LinkedHashMap<>();
  Schedule schedule;
  Evaluator evaluator;
  WeightAverage average;
  RunDirectory directory;
  Map<String, Object> provenance = Map.of();
  private final TrainingState state = new TrainingState(this);
  private volatile boolean stopRequested;
  private Boolean agreedStop;
  private boolean begun;

  /**
   * Creates a run and moves the model to the configuration's device.
   *
   * @param model the model to train
   * @param optimizer moves parameters of the model
   * @param batchesPerEpoch how many batches an epoch has, at least 1. A loop without epochs has
   *     one, of all its batches
   * @param configuration how to run; all of it holds for an own loop too
   * @throws IllegalArgumentException if an epoch has no batch
   */
  public TrainingRun(
      Module model, Optimizer optimizer, int batchesPerEpoch, TrainingConfiguration configuration) {
    if (batchesPerEpoch < 1) {
      throw new IllegalArgumentException(
          "an epoch must have at least 1 batch, but has " + batchesPerEpoch);
    }
    this.model = model;
    this.optimizer = optimizer;
    this.batchesPerEpoch = batchesPerEpoch;
    this.configuration = configuration;
    model.to(configuration.device());
  }

  /**
   * Adds a penalty to the loss.
   *
   * @param name its name in the log
   * @param penalty what the weights are asked
   * @return this run
   * @throws IllegalArgumentException if the name is taken, is empty or holds a slash
   */
  public TrainingRun penalty(String name, Penalty penalty) {
    add("penalty", penalties, name, penalty);
    return this;
  }

  /**
   * Adds a callback after those already here.
   *
   * @param name its name in checkpoints; the same when the run is resumed
   * @param callback what acts around the steps
   * @return this run
   * @throws IllegalArgumentException if the name is taken, is empty or holds a slash
   */
  public TrainingRun callback(String name, Callback callback) {
    add("callback", callbacks, name, callback);
    return this;
  }

  /**
   * Adds something else whose state belongs to the run, such as a data source with a memory or a
   * second optimizer: it goes into checkpoints and comes back from them.
   *
   * @param name its name in checkpoints; the same when the run is resumed
   * @param part what has state
   * @return this run
   * @throws IllegalArgumentException if the name is taken, is empty or holds a slash
   */
  public TrainingRun part(String name, Stateful part) {
    if (TrainingState.OWN_PARTS.contains(name)) {
      throw new IllegalArgumentException("every run has a part '" + name + "' of its own");
    }
    add("part", parts, name, part);
    return this;
  }

  private static <T> void add(String kind, Map<String, T> to, String name, T added) {
    if (name.isBlank() || name.contains("/")) {
      throw new IllegalArgumentException(
          "'" + name + "' cannot name a " + kind + ": it must not be empty or hold a slash");
    }
    if (to.putIfAbsent(name, added) != null) {
      throw new IllegalArgumentException("there is a " + kind + " '" + name + "' already");
    }
  }

  /**
   * Lets a schedule set the learning rates before every step. Without one they stay as they are. A
   * schedule that follows the whole run is told how many steps it has.
   *
   * @param schedule the factor of each group's base rate
   * @return this run
   */
  public TrainingRun schedule(Schedule schedule) {
    this.schedule = schedule.over(steps());
    return this;
  }

  /** At the end of an epoch a step may have fewer batches than the others. */
  private long steps() {
    long accumulation = configuration.accumulation();
    return (batchesPerEpoch + accumulation - 1) / accumulation * configuration.epochs();
  }

  /**
   * Measures the model at the end of epochs.
   *
   * @param evaluator what to measure, and on which samples
   * @return this run
   */
  public TrainingRun evaluate(Evaluator evaluator) {
    this.evaluator = evaluator;
    return this;
  }

  /**
   * Keeps an average of the weights: it is updated after each step, evaluated beside the weights
   * (its metrics begin with {@code average.}) and saved in checkpoints.
   *
   * @param average an average of this run's model
   * @return this run
   */
  public TrainingRun average(WeightAverage average) {
    this.average = average;
    return this;
  }

  /**
   * Writes the log, the checkpoints and the results of the run to a folder. Without one the run
   * leaves only the trained model.
   *
   * @param directory the folder, created, resumed or replaced
   * @return this run
   * @throws IllegalArgumentException if the folder was opened for reading
   */
  public TrainingRun runDirectory(RunDirectory directory) {
    if (!directory.isLocked()) {
      throw new IllegalArgumentException(
          "the run folder "
              + directory.path()
              + " was opened for reading; use RunDirectory.create, resume or replace");
    }
    this.directory = directory;
    return this;
  }

  /**
   * Says where the run comes from; this travels in every checkpoint.
   *
   * @param provenance the run's provenance
   * @return this run
   */
  public TrainingRun provenance(Provenance provenance) {
    this.provenance = Json.values(provenance);
    return this;
  }

  /**
   * Continues from the newest checkpoint of the run directory that can be read. Damaged ones are
   * skipped with a warning and set aside under another name. Call this after everything was added
   * to the run.
   *
   * @return the step that the run continues after; empty if there is no checkpoint yet, so that the
   *     run starts at its beginning
   * @throws IOException if there are checkpoints but none can be read
   * @throws IllegalArgumentException if the checkpoint is of another model, optimizer, number of
   *     batches or set of callbacks; the message says what differs, and nothing was changed
   * @throws IllegalStateException if there is no run directory or the run has begun
   */
  public Optional<Long> resume() throws IOException {
    if (directory == null) {
      throw new IllegalStateException("there is no run directory to resume from");
    }
    CheckpointFolder folder = new CheckpointFolder(directory.checkpoints());
    Distributed ranks = Distributed.current();
    return Scope.compute(
        () -> {
          List<CheckpointFolder.Found> found = new ArrayList<>();
          ranks.together(
              "read the newest checkpoint", () -> folder.newestReadable().ifPresent(found::add));
          ranks.requireSame(
              "newest checkpoint that can be read in " + directory.checkpoints(),
              found.isEmpty() ? "none" : String.valueOf(found.get(0).file().getFileName()));
          if (found.isEmpty()) {
            return Optional.empty();
          }
          restore(found.get(0).checkpoint());
          ranks.lead(
              () -> {
                folder.setAside(found.get(0).skipped());
                folder.requireStep(found.get(0), state.step);
              });
          state.log = unchanged(state.log);
          return Optional.of(state.step);
        });
  }

  private Optional<RunEvents.Mark> unchanged(Optional<RunEvents.Mark> log) throws IOException {
    Path file = directory.metrics();
    if (log.isEmpty() || (Files.exists(file) && log.get().isIn(file))) {
      return log;
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} was changed after it was written: curves and tables that are drawn from it show what"
            + " it says now",
        file);
    return Optional.empty();
  }

  /**
   * Continues from a checkpoint. Call this after everything was added to the run.
   *
   * @param checkpoint what {@link TrainingLoop#checkpoint()} of such a run gave, or a Trainer saved
   * @throws IllegalArgumentException if the checkpoint is of another model, optimizer, number of
   *     batches or set of callbacks; the message says what differs, and nothing was changed
   * @throws IllegalStateException if the run has begun
   */
  public void restore(Checkpoint checkpoint) {
    if (begun) {
      throw new IllegalStateException("the run has begun; restore a checkpoint before it");
    }
    state.restore(checkpoint);
  }

  /**
   * Begins the run: opens the log, seeds the generators unless the run is resumed, puts the model
   * into training mode and calls {@link Callback#beforeRun}.
   *
   * @return the hooks for the loop; to be closed
   * @throws UncheckedIOException if the log cannot be opened
   * @throws IllegalArgumentException if the monitored metric is not evaluated
   * @throws IllegalStateException if the run began before
   */
  public TrainingLoop begin() {
    if (begun) {
      throw new IllegalStateException("a run is used once; make a new one");
    }
    begun = true;
    TrainingLoop loop = new TrainingLoop(this, state);
    try {
      loop.beforeRun();
      return loop;
    } catch (RuntimeException e) {
      loop.closeAfter(e);
      throw e;
    }
  }

  /**
   * Asks the run to end: {@link TrainingLoop#hasNextStep()} and {@link TrainingLoop#hasNextEpoch()}
   * become false, and the outcome is {@link TrainingResult.Outcome#INTERRUPTED}. May be called from
   * any thread, such as a shutdown hook, and before the run begins.
   */
  public void requestStop() {
    stopRequested = true;
  }

  /** Whether this process was asked to stop; others may not know it yet. */
  boolean isStopAsked() {
    return stopRequested;
  }

  /** Says what the ranks agreed on, so that all end after the same step. */
  void agreeOnStop(boolean stop) {
    agreedStop = stop;
  }

  boolean isStopRequested() {
    return agreedStop == null ? stopRequested : agreedStop;
  }
}
