package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.Part;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Schedule;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Stateful;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * The training loop for batches of a source and a {@link Loss}. All but the loop is {@link
 * TrainingRun}'s and {@link TrainingLoop}'s: an own loop that uses them loses nothing but this
 * class.
 *
 * <pre>{@code
 * try (RunDirectory run = RunDirectory.create(Path.of("runs/first"))) {
 *   TrainingResult result =
 *       new Trainer(model, optimizer, batches, new CrossEntropy(), 10)
 *           .schedule(Schedules.cosine())
 *           .evaluate(test, new Accuracy())
 *           .average(new WeightAverage(model, 0.999, true))
 *           .runDirectory(run)
 *           .run();
 * }
 * }</pre>
 *
 * <p>A run that was stopped or killed continues from its newest checkpoint: build the same trainer
 * on {@link RunDirectory#resume}, call {@link #resume()}, then {@link #run()}. On the processor,
 * with the same number of threads, it ends in the same weights, bit for bit, as a run without
 * interruption.
 *
 * <p>Memory stays flat: each step frees the tensors it made. A trainer runs once and, apart from
 * {@link #requestStop()}, on one thread.
 */
public final class Trainer {
  private final Optimizer optimizer;
  private final BatchSource source;
  private final Loss loss;
  private final TrainingConfiguration configuration;
  private final TrainingRun run;

  /**
   * Creates a trainer with {@linkplain TrainingConfiguration#ofEpochs default} settings.
   *
   * @param model the model to train
   * @param optimizer moves parameters of the model
   * @param source the training batches
   * @param loss what to minimize
   * @param epochs how often the whole source is seen, at least 1
   * @throws IllegalArgumentException if the source has no batch or there is no epoch
   */
  public Trainer(Module model, Optimizer optimizer, BatchSource source, Loss loss, int epochs) {
    this(model, optimizer, source, loss, TrainingConfiguration.ofEpochs(epochs));
  }

  /**
   * Creates a trainer and moves the model to the configuration's device.
   *
   * @param model the model to train
   * @param optimizer moves parameters of the model
   * @param source the training batches
   * @param loss what to minimize
   * @param configuration how to run
   * @throws IllegalArgumentException if the source has no batch
   */
  public Trainer(
      Module model,
      Optimizer optimizer,
      BatchSource source,
      Loss loss,
      TrainingConfiguration configuration) {
    if (source.batchesPerEpoch() < 1) {
      throw new IllegalArgumentException("the training source has no batch");
    }
    this.optimizer = optimizer;
    this.source = source;
    this.loss = loss;
    this.configuration = configuration;
    run = new TrainingRun(model, optimizer, source.batchesPerEpoch(), configuration);
    addIfStateful("loss", loss);
    addIfStateful("source", source);
  }

  private void addIfStateful(String name, Object part) {
    if (part instanceof Stateful stateful) {
      run.part(name, stateful);
    }
  }

  /**
   * Adds a penalty to the loss.
   *
   * @param name its name in the log
   * @param penalty what the weights are asked
   * @return this trainer
   * @throws IllegalArgumentException if the name is taken
   */
  public Trainer penalty(String name, Penalty penalty) {
    run.penalty(name, penalty);
    return this;
  }

  /**
   * Adds a callback after those already here.
   *
   * @param name its name in checkpoints; the same when the run is resumed
   * @param callback what acts around the steps
   * @return this trainer
   * @throws IllegalArgumentException if the name is taken
   */
  public Trainer callback(String name, Callback callback) {
    run.callback(name, callback);
    return this;
  }

  /**
   * Lets a schedule set the learning rates before every step. Without one they stay as they are. A
   * schedule that follows the whole run is told how many steps it has.
   *
   * @param schedule the factor of each group's base rate
   * @return this trainer
   */
  public Trainer schedule(Schedule schedule) {
    run.schedule(schedule);
    return this;
  }

  /**
   * Measures the model during the run, with {@link CrossEntropy} as the loss.
   *
   * @param source the samples to measure on
   * @param metrics what to measure beside the mean {@code loss}
   * @return this trainer
   * @throws IllegalArgumentException if two metrics have the same name
   */
  public Trainer evaluate(BatchSource source, Metric... metrics) {
    return evaluate(new Evaluator(source, List.of(metrics)));
  }

  /**
   * Measures the model during the run.
   *
   * @param evaluator what to measure, and on which samples
   * @return this trainer
   */
  public Trainer evaluate(Evaluator evaluator) {
    run.evaluate(evaluator);
    return this;
  }

  /**
   * Keeps an average of the weights: it is updated after each step, evaluated beside the weights
   * (its metrics begin with {@code average.}) and saved in checkpoints.
   *
   * @param average an average of this trainer's model
   * @return this trainer
   */
  public Trainer average(WeightAverage average) {
    run.average(average);
    return this;
  }

  /**
   * Writes the log, the checkpoints and the results of the run to a folder. Without one the run
   * leaves only the trained model.
   *
   * @param directory the folder, created, resumed or replaced
   * @return this trainer
   * @throws IllegalArgumentException if the folder was opened for reading
   */
  public Trainer runDirectory(RunDirectory directory) {
    run.runDirectory(directory);
    return this;
  }

  /**
   * Says where the run comes from; this travels in every checkpoint.
   *
   * @param provenance the run's provenance
   * @return this trainer
   */
  public Trainer provenance(Provenance provenance) {
    run.provenance(provenance);
    return this;
  }

  /**
   * Continues from the newest checkpoint of the run directory that can be read. Damaged ones are
   * skipped with a warning and set aside under another name. Call this after everything was added
   * to the trainer.
   *
   * @return the step that the run continues after; empty if there is no checkpoint yet, so that the
   *     run starts at its beginning
   * @throws IOException if there are checkpoints but none can be read
   * @throws IllegalArgumentException if the checkpoint is of another model, optimizer, source or
   *     set of callbacks; the message says what differs, and nothing was changed
   * @throws IllegalStateException if there is no run directory or the run has begun
   */
  public Optional<Long> resume() throws IOException {
    return run.resume();
  }

  /**
   * Continues from a checkpoint. Call this after everything was added to the trainer.
   *
   * @param checkpoint what a trainer saved
   * @throws IllegalArgumentException if the checkpoint is of another model, optimizer, source or
   *     set of callbacks; the message says what differs, and nothing was changed
   * @throws IllegalStateException if the run has begun
   */
  public void restore(Checkpoint checkpoint) {
    run.restore(checkpoint);
  }

  /**
   * Trains until all epochs are done, a callback ends the run or a stop is requested. The model is
   * put into training mode at the beginning.
   *
   * @return what came out
   * @throws DivergenceException if the loss, a gradient or a weight is not a finite number; the
   *     newest checkpoint is from before
   * @throws UncheckedIOException if the log or a checkpoint cannot be written; earlier checkpoints
   *     are intact
   * @throws IllegalArgumentException if a batch does not fit the model or the loss
   * @throws IllegalStateException if the trainer ran already
   */
  public TrainingResult run() {
    try (TrainingLoop loop = run.begin()) {
      while (loop.hasNextEpoch()) {
        epoch(loop);
      }
      return loop.afterRun();
    }
  }

  private void epoch(TrainingLoop loop) {
    loop.beforeEpoch();
    if (loop.hasNextStep()) {
      try (BatchStream stream = source.epoch(loop.epoch(), loop.batch(), Part.own())) {
        while (loop.hasNextStep()) {
          Scope.run(() -> step(loop, stream));
        }
      }
    }
    loop.afterEpoch();
  }

  private void step(TrainingLoop loop, BatchStream stream) {
    loop.beforeStep();
    int batches = loop.batchesInStep();
    for (int i = 0; i < batches; i++) {
      Scope.run(
          () -> {
            Batch batch = next(stream, loop.epoch());
            loop.backwardPart(loss, batch);
          });
    }
    if (loop.afterBackward()) {
      optimizer.step();
    }
    loop.afterStep();
  }

  private Batch next(BatchStream stream, int epoch) {
    if (!stream.hasNext()) {
      throw new IllegalStateException(
          "the source promised "
              + source.batchesPerEpoch()
              + " batches in an epoch, but epoch "
              + epoch
              + " ended earlier");
    }
    return Batches.on(stream.next(), configuration.device());
  }

  /**
   * Asks the run to end: it finishes the current step, saves a checkpoint and returns with {@link
   * TrainingResult.Outcome#INTERRUPTED}. May be called from any thread, such as a shutdown hook,
   * and before the run begins.
   */
  public void requestStop() {
    run.requestStop();
  }
}
