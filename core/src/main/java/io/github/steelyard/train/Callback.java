package io.github.steelyard.train;

import io.github.steelyard.runtime.Stateful;
import java.nio.file.Path;
import java.util.Map;

/**
 * Acts around the steps and epochs of a run. The hooks of several callbacks are called in the order
 * in which they were added. What a callback needs to continue after an interruption goes into
 * {@link #state()}; it is saved with every checkpoint under the callback's name and restored before
 * {@link #beforeRun}.
 *
 * <p>All hooks run on the training thread, each step's inside its own {@link
 * io.github.steelyard.runtime.Scope}: tensors that a callback makes and keeps longer must be {@link
 * io.github.steelyard.runtime.Scope#keep kept}.
 */
public interface Callback extends Stateful {
  /**
   * Called once, before the first step.
   *
   * @param context the run
   */
  default void beforeRun(TrainingContext context) {}

  /**
   * Called before the first batch of an epoch; not again when a run resumes inside the epoch.
   *
   * @param context the run
   */
  default void beforeEpoch(TrainingContext context) {}

  /**
   * Called before the forward pass of a step.
   *
   * @param context the run
   */
  default void beforeStep(TrainingContext context) {}

  /**
   * Called when the gradients of a step are there, clipped, and the optimizer has not moved the
   * weights yet. Gradients may be changed; {@link TrainingContext#skipStep()} vetoes the step.
   *
   * @param context the run
   */
  default void afterBackward(TrainingContext context) {}

  /**
   * Called when the optimizer has moved the weights and before the weight average sees them.
   * Weights may be changed in place, for example to restore frozen entries. Not called for a step
   * that was vetoed.
   *
   * @param context the run; {@link TrainingContext#step()} already counts this step
   */
  default void afterStep(TrainingContext context) {}

  /**
   * Called at the end of an epoch, before its evaluation.
   *
   * @param context the run; {@link TrainingContext#epoch()} is the epoch that ends
   */
  default void afterEpoch(TrainingContext context) {}

  /**
   * Called after an evaluation.
   *
   * @param context the run
   * @param metrics values by metric; those of the averaged weights begin with {@code average.}
   */
  default void onEvaluation(TrainingContext context, Map<String, Double> metrics) {}

  /**
   * Called when a checkpoint was saved.
   *
   * @param context the run
   * @param checkpoint the file's path
   */
  default void onCheckpoint(TrainingContext context, Path checkpoint) {}

  /**
   * Called once after the last step, also when the run was stopped; not when it failed.
   *
   * @param context the run
   * @param result what came out
   */
  default void afterRun(TrainingContext context, TrainingResult result) {}
}
