package io.github.steelyard.incremental;

import io.github.steelyard.runtime.Suggestion;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came out of one step. Numbers that a strategy does not have are not a number (NaN).
 *
 * @param step the step, from 1
 * @param newClasses the classes that arrived
 * @param oldClasses how many classes were known before
 * @param trainingSamples how many samples the step was trained on, exemplars included
 * @param exemplars how many of these were exemplars
 * @param epochs completed epochs
 * @param optimizerSteps optimizer steps
 * @param loss the loss of the last optimizer step
 * @param seconds time of the training
 * @param before the lengths of the last layer's rows after training
 * @param after the same after the correction
 * @param correction the numbers that the strategy's correction reports, such as {@code gamma} of
 *     weight aligning, {@code alpha} and {@code beta} of bias correction, and {@code
 *     bias_preference}, see {@link #biasPreference}
 * @param evaluations how the model answers after the step, the strategy's own read-out first; with
 *     exemplars also the other one
 */
public record StepResult(
    int step,
    List<String> newClasses,
    int oldClasses,
    int trainingSamples,
    int exemplars,
    int epochs,
    long optimizerSteps,
    double loss,
    double seconds,
    RowNorms before,
    RowNorms after,
    Map<String, Double> correction,
    List<Evaluation> evaluations) {
  static final String BIAS_PREFERENCE = "bias_preference";

  /**
   * Copies the lists.
   *
   * @param step the step, from 1
   * @param newClasses the classes that arrived
   * @param oldClasses how many classes were known before
   * @param trainingSamples how many samples the step was trained on
   * @param exemplars how many of these were exemplars
   * @param epochs completed epochs
   * @param optimizerSteps optimizer steps
   * @param loss the loss of the last optimizer step
   * @param seconds time of the training
   * @param before the lengths of the last layer's rows after training
   * @param after the same after the correction
   * @param correction the numbers of the correction
   * @param evaluations how the model answers; at least one
   * @throws IllegalArgumentException if there is no evaluation
   */
  public StepResult {
    newClasses = List.copyOf(newClasses);
    correction = Collections.unmodifiableMap(new TreeMap<>(correction));
    evaluations = List.copyOf(evaluations);
    if (evaluations.isEmpty()) {
      throw new IllegalArgumentException("step " + step + " has no evaluation");
    }
  }

  /**
   * The factor of weight aligning.
   *
   * @return gamma, or not a number (NaN) without aligning
   */
  public double gamma() {
    return correction.getOrDefault("gamma", Double.NaN);
  }

  /**
   * The factor of bias correction.
   *
   * @return alpha, or not a number (NaN) without bias correction
   */
  public double alpha() {
    return correction.getOrDefault("alpha", Double.NaN);
  }

  /**
   * The shift of bias correction.
   *
   * @return beta, or not a number (NaN) without bias correction
   */
  public double beta() {
    return correction.getOrDefault("beta", Double.NaN);
  }

  /**
   * How far the last layer's biases prefer new classes: their mean minus that of the old classes,
   * as training left them.
   *
   * @return not a number (NaN) in the first step and without biases
   */
  public double biasPreference() {
    return correction.getOrDefault(BIAS_PREFERENCE, Double.NaN);
  }

  /**
   * The evaluation by the strategy's own read-out.
   *
   * @return the first evaluation
   */
  public Evaluation evaluation() {
    return evaluations.get(0);
  }

  /**
   * The evaluation by one read-out.
   *
   * @param readOut how the answers were read, such as {@code nearest_mean}
   * @return the evaluation
   * @throws IllegalArgumentException if the step has none; the message lists those that it has
   */
  public Evaluation evaluation(String readOut) {
    List<String> known = evaluations.stream().map(Evaluation::readOut).toList();
    return evaluations.stream()
        .filter(evaluation -> evaluation.readOut().equals(readOut))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "step "
                        + step
                        + " was not evaluated by "
                        + readOut
                        + Suggestion.clause(readOut, known)));
  }
}
