package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.Part;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * The hooks that a training loop calls around its own steps, so that callbacks, penalties,
 * accumulation, clipping, the log, evaluations and checkpoints work in it as in the {@link
 * Trainer}'s.
 *
 * <pre>{@code
 * Loss loss = new CrossEntropy();
 * TrainingRun run =
 *     new TrainingRun(model, optimizer, loader.batchesPerEpoch(), TrainingConfiguration.ofEpochs(10));
 * try (TrainingLoop loop = run.begin()) {
 *   while (loop.hasNextEpoch()) {
 *     loop.beforeEpoch();
 *     try (BatchStream batches = loader.epoch(loop.epoch(), loop.batch())) {
 *       while (loop.hasNextStep()) {
 *         Scope.run(
 *             () -> {
 *               Batch next = batches.next();
 *               loop.beforeStep();
 *               loop.backward(loss, next);
 *               if (loop.afterBackward()) {
 *                 optimizer.step();
 *               }
 *               loop.afterStep();
 *             });
 *       }
 *     }
 *     loop.afterEpoch();
 *     loop.checkpoint().write(file);
 *   }
 *   TrainingResult result = loop.afterRun();
 * }
 * }</pre>
 *
 * <p>Hooks in another order are refused; the message says which comes next. Used by one thread.
 */
public final class TrainingLoop implements AutoCloseable {
  private final LoopRun current;
  private final LoopSteps steps;
  private final TrainingRun run;
  private final TrainingState state;
  private final LoopPlace place = new LoopPlace();
  private boolean epochHasStepped;

  TrainingLoop(TrainingRun run, TrainingState state) {
    this.run = run;
    this.state = state;
    current = new LoopRun(run, state);
    steps = new LoopSteps(current);
  }

  void beforeRun() {
    current.begin();
  }

  void closeAfter(RuntimeException failure) {
    try {
      close();
    } catch (UncheckedIOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * The state of all that takes part in the run: the model, the optimizer, the average, penalties,
   * callbacks, own parts, the random generator and the position.
   *
   * @return the state now; its tensors are the live ones, to be written before the next step
   * @throws DivergenceException if a weight is not a finite number
   * @throws IllegalStateException inside a step, whose state cannot be resumed
   */
  public Checkpoint checkpoint() {
    place.requireBetweenSteps();
    return current.checkpoint();
  }

  /**
   * What callbacks see of this run: the position, losses and rates, the log.
   *
   * @return the live context
   */
  public TrainingContext context() {
    return current.context;
  }

  /**
   * The epoch to go on with, which a resumed run may be in the middle of.
   *
   * @return its number, from 0
   */
  public int epoch() {
    return state.epoch;
  }

  /**
   * How many batches of that epoch are done: the one to go on with.
   *
   * @return from 0 to the number of batches in an epoch
   */
  public int batch() {
    return state.batch;
  }

  /**
   * Whether the loop makes another epoch.
   *
   * @return false when all are done, a callback ended the run or a stop was requested
   */
  public boolean hasNextEpoch() {
    return current.hasEpochLeft() && !current.isStopping();
  }

  /**
   * Whether the loop makes another step in this epoch. A stop takes effect after a step, never
   * between an epoch's start and its first.
   *
   * @return false when the epoch is done, a callback ended the run or a stop was requested
   */
  public boolean hasNextStep() {
    return state.batch < run.batchesPerEpoch && !(epochHasStepped && current.isStopping());
  }

  /**
   * Begins an epoch, or goes on with the one that a resumed run was in. {@link
   * Callback#beforeEpoch} is called at its beginning only.
   *
   * @throws IllegalStateException in another place of the loop, or if all epochs are done
   */
  public void beforeEpoch() {
    place.enterEpoch(current.hasEpochLeft());
    epochHasStepped = false;
    current.beginEpoch();
  }

  /**
   * Begins a step: sets the learning rates, calls {@link Callback#beforeStep} and clears the
   * gradients.
   *
   * @throws IllegalStateException in another place of the loop, or if the epoch has no batch left
   */
  public void beforeStep() {
    place.enterStep(state.batch < run.batchesPerEpoch);
    steps.begin();
  }

  /**
   * How many times a step calls {@link #backward}: as the configuration's accumulation says, fewer
   * at the end of an epoch.
   *
   * @return at least 1 while the epoch has batches
   */
  public int batchesInStep() {
    return steps.batches();
  }

  /**
   * Computes the loss of a batch in the configuration's precision, adds the penalties and runs the
   * backward pass. Where a step has several batches, the gradients are those of the mean over all
   * their samples, each with its {@linkplain LossValue#weight weight} in the loss, and penalties
   * count once. Of many ranks each is given the whole batch and computes its part.
   *
   * @param loss what is minimized
   * @param batch on the model's device
   * @throws DivergenceException if the loss is not a finite number
   * @throws IllegalArgumentException if the loss is not a scalar or depends on no trainable
   *     parameter, or the batch does not fit
   * @throws IllegalStateException in another place of the loop, or if the step has all its batches
   */
  public void backward(Loss loss, Batch batch) {
    gradientsFor(batch.size()).add(loss, Part.own().of(batch));
  }

  /** The same for this rank's part of a batch, which may be empty. */
  void backwardPart(Loss loss, Batch part) {
    gradientsFor(1).add(loss, part);
  }

  /**
   * The same for a loss of your own, in which every sample counts alike. Of many ranks each gives
   * its part of the batch.
   *
   * @param samples how many samples the batch has in this process, at least 1
   * @param loss runs the model and gives the mean loss over the batch, a scalar with gradients
   *     recorded
   * @throws DivergenceException if the loss is not a finite number
   * @throws IllegalArgumentException if the loss is not a scalar or depends on no trainable
   *     parameter
   * @throws IllegalStateException in another place of the loop, or if the step has all its batches
   */
  public void backward(long samples, Supplier<Tensor> loss) {
    gradientsFor(samples).add(samples, () -> new StepGradients.Mean(loss.get(), samples));
  }

  private StepGradients gradientsFor(long samples) {
    place.requireIn(LoopPlace.Stand.STEP, "backward");
    return steps.adding(samples);
  }

  /**
   * Takes the gradients' norm, clips them and calls {@link Callback#afterBackward}.
   *
   * @return whether the optimizer is to make its step; false if a callback vetoed it
   * @throws DivergenceException if a gradient is not a finite number
   * @throws IllegalStateException in another place of the loop, or if the step lacks batches
   */
  public boolean afterBackward() {
    place.requireIn(LoopPlace.Stand.STEP, "afterBackward");
    steps.requireComplete();
    place.move(LoopPlace.Stand.STEP, LoopPlace.Stand.GRADIENTS, "afterBackward");
    return steps.afterBackward();
  }

  /**
   * Ends a step: clears the gradients, counts the step and, unless it was vetoed, calls {@link
   * Callback#afterStep} and updates the average. Then writes the log and a checkpoint if they are
   * due.
   *
   * @throws DivergenceException if a checkpoint is due and a weight is not a finite number
   * @throws UncheckedIOException if a checkpoint cannot be written; earlier ones are intact
   * @throws IllegalStateException in another place of the loop
   */
  public void afterStep() {
    place.move(LoopPlace.Stand.GRADIENTS, LoopPlace.Stand.EPOCH, "afterStep");
    epochHasStepped = true;
    steps.end();
  }

  /**
   * Ends an epoch: calls {@link Callback#afterEpoch}, evaluates and saves as the configuration
   * says. After a step at which the run was stopped it saves a checkpoint of the place.
   *
   * @throws DivergenceException if a checkpoint is due and a weight is not a finite number
   * @throws UncheckedIOException if a checkpoint cannot be written; earlier ones are intact
   * @throws IllegalStateException in another place of the loop
   */
  public void afterEpoch() {
    place.move(LoopPlace.Stand.EPOCH, LoopPlace.Stand.RUN, "afterEpoch");
    current.endEpoch();
  }

  /**
   * Ends the run: calls {@link Callback#afterRun} and writes the results.
   *
   * @return what came out
   * @throws UncheckedIOException if the results cannot be written
   * @throws IllegalStateException in another place of the loop
   */
  public TrainingResult afterRun() {
    place.move(LoopPlace.Stand.RUN, LoopPlace.Stand.ENDED, "afterRun");
    return current.end();
  }

  /**
   * Closes the log. The run directory stays open.
   *
   * @throws UncheckedIOException if the log cannot be closed
   */
  @Override
  public void close() {
    current.close();
  }
}
