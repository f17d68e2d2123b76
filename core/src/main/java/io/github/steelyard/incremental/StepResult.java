package io.github.steelyard.incremental;

import io.github.steelyard.incremental.Strategy.ReadOut;
import io.github.steelyard.runtime.Suggestion;
import java.util.List;

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
 * @param gamma the factor of weight aligning
 * @param alpha the factor of bias correction
 * @param beta the shift of bias correction
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
    double gamma,
    double alpha,
    double beta,
    List<Evaluation> evaluations) {

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
   * @param gamma the factor of weight aligning
   * @param alpha the factor of bias correction
   * @param beta the shift of bias correction
   * @param evaluations how the model answers; at least one
   * @throws IllegalArgumentException if there is no evaluation
   */
  public StepResult {
    newClasses = List.copyOf(newClasses);
    evaluations = List.copyOf(evaluations);
    if (evaluations.isEmpty()) {
      throw new IllegalArgumentException("step " + step + " has no evaluation");
    }
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
   * @param readOut how the answers were read
   * @return the evaluation
   * @throws IllegalArgumentException if the step has none; the message lists those that it has
   */
  public Evaluation evaluation(ReadOut readOut) {
    return evaluations.stream()
        .filter(evaluation -> evaluation.readOut() == readOut)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "step "
                        + step
                        + " was not evaluated by "
                        + readOut
                        + Suggestion.clause(
                            readOut.name(),
                            evaluations.stream().map(e -> e.readOut().name()).toList())));
  }
}
