package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Suggestion;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What a {@link Callback} sees of a run and how it acts on it. Valid only during the hook. */
public final class TrainingContext {
  static final String AVERAGE = "average.";

  private final TrainingRun run;
  private final TrainingState state;
  private final RunLog log;
  private boolean skipStep;
  private String stopReason;

  TrainingContext(TrainingRun run, TrainingState state, RunLog log) {
    this.run = run;
    this.state = state;
    this.log = log;
  }

  /**
   * The model that is trained.
   *
   * @return the live model
   */
  public Module model() {
    return run.model;
  }

  /**
   * The optimizer.
   *
   * @return the live optimizer; its groups' rates may be changed
   */
  public Optimizer optimizer() {
    return run.optimizer;
  }

  /**
   * How the run was set up.
   *
   * @return the configuration
   */
  public TrainingConfiguration configuration() {
    return run.configuration;
  }

  /**
   * The current epoch.
   *
   * @return its number, from 0
   */
  public int epoch() {
    return state.epoch;
  }

  /**
   * How many batches of the current epoch are done.
   *
   * @return from 0 to {@link #batchesPerEpoch()}
   */
  public int batch() {
    return state.batch;
  }

  /**
   * The number of batches in an epoch.
   *
   * @return at least 1
   */
  public int batchesPerEpoch() {
    return run.batchesPerEpoch;
  }

  /**
   * How many optimizer steps are done in the whole run, vetoed ones included. In {@link
   * Callback#afterStep} this counts the step that has just been made.
   *
   * @return at least 0
   */
  public long step() {
    return state.step;
  }

  /**
   * The number of optimizer steps of the whole run, if nothing stops it.
   *
   * @return at least 1
   */
  public long totalSteps() {
    return stepsPerEpoch() * configuration().epochs();
  }

  /**
   * The number of optimizer steps in an epoch: batches divided by accumulation, rounded up.
   *
   * @return at least 1
   */
  public long stepsPerEpoch() {
    int perStep = configuration().accumulation();
    return (batchesPerEpoch() + perStep - 1L) / perStep;
  }

  /**
   * The loss of the last step: the mean over its batches, penalties included.
   *
   * @return the loss, not a number before the first step
   */
  public double loss() {
    return state.loss;
  }

  /**
   * The penalties within the loss of the last step.
   *
   * @return values by the penalties' names
   */
  public Map<String, Double> penalties() {
    return Collections.unmodifiableMap(state.penalties);
  }

  /**
   * The Euclidean norm of all gradients of the last step together, before clipping.
   *
   * @return the norm, not a number before the first step
   */
  public double gradientNorm() {
    return state.gradientNorm;
  }

  /**
   * The learning rate of the first parameter group.
   *
   * @return the rate that the last step used or the next one will
   */
  public double learningRate() {
    return optimizer().groups().get(0).learningRate();
  }

  /**
   * The learning rates of all parameter groups.
   *
   * @return rates by the groups' names
   */
  public Map<String, Double> learningRates() {
    Map<String, Double> rates = new LinkedHashMap<>();
    for (ParameterGroup group : optimizer().groups()) {
      rates.put(group.name(), group.learningRate());
    }
    return rates;
  }

  /**
   * The direction of a metric that the run evaluates.
   *
   * @param metric such as {@code accuracy}, or {@code average.accuracy} for the averaged weights
   * @return true if a larger value is a better one
   * @throws IllegalArgumentException if the run does not evaluate it; the message names the nearest
   */
  public boolean isHigherBetter(String metric) {
    Map<String, Boolean> directions = new LinkedHashMap<>();
    if (run.evaluator != null) {
      directions.putAll(run.evaluator.directions());
      if (run.average != null) {
        run.evaluator
            .directions()
            .forEach((name, direction) -> directions.put(AVERAGE + name, direction));
      }
    }
    Boolean direction = directions.get(metric);
    if (direction == null) {
      throw new IllegalArgumentException(
          "the metric '"
              + metric
              + "' is not evaluated"
              + Suggestion.clause(metric, directions.keySet()));
    }
    return direction;
  }

  /**
   * Whether the run continues from a checkpoint.
   *
   * @return false for a run that began at step 0
   */
  public boolean isResumed() {
    return state.resumed;
  }

  /**
   * Vetoes the current step: the optimizer leaves the weights and its own state as they are, the
   * gradients are dropped, and the step still counts. Has an effect in {@link
   * Callback#afterBackward} only.
   */
  public void skipStep() {
    skipStep = true;
  }

  /**
   * Ends the run after the current step or, from a hook at an epoch's end, after that epoch's
   * evaluation and checkpoint; from {@link Callback#beforeRun}, before the first step. A run that
   * is resumed asks its callbacks again: one that ended it must do so in {@code beforeRun}, from
   * its restored state.
   *
   * @param reason why, for the log and the result
   */
  public void stop(String reason) {
    if (stopReason == null) {
      stopReason = reason;
    }
  }

  /**
   * Writes values to the run's log: a line of {@code metrics.jsonl} and, for each number, a curve
   * in TensorBoard. Without a run directory nothing happens.
   *
   * @param event what kind of line this is, such as {@code weights}
   * @param values JSON values by name: strings, numbers, booleans, lists and maps of these
   */
  public void log(String event, Map<String, ?> values) {
    log.write(event, state.step, state.epoch, values);
  }

  /**
   * Draws a distribution in TensorBoard. Without a run directory nothing happens.
   *
   * @param tag the picture's name, such as {@code oscillation/dwell}
   * @param values real numbers of any shape
   */
  public void logHistogram(String tag, Tensor values) {
    log.histogram(tag, state.step, values);
  }

  /** Whether the veto was used since the last call. */
  boolean takeSkipStep() {
    boolean skip = skipStep;
    skipStep = false;
    return skip;
  }

  String stopReason() {
    return stopReason;
  }
}
