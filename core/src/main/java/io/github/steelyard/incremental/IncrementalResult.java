package io.github.steelyard.incremental;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What came out of a stream of steps, and the numbers that papers report. {@code A_bt} is the share
 * of the test samples of step t's classes that the model after step b answers rightly among all
 * classes seen by then; {@code a_b} is its accuracy over all classes seen. Steps count from 1 to B.
 * All numbers here are by the strategy's own read-out; {@link #by} gives those of another.
 *
 * @param strategy the strategy's name
 * @param classes which classes arrived in which step
 * @param steps one result for each step
 */
public record IncrementalResult(String strategy, ClassMap classes, List<StepResult> steps) {
  /**
   * Copies the list.
   *
   * @param strategy the strategy's name
   * @param classes which classes arrived in which step
   * @param steps one result for each step of the class map
   * @throws IllegalArgumentException if there are more or fewer results than steps
   */
  public IncrementalResult {
    steps = List.copyOf(steps);
    if (steps.size() != classes.steps()) {
      throw new IllegalArgumentException(
          steps.size() + " results do not fit the " + classes.steps() + " steps of the classes");
    }
  }

  /**
   * The same results by another read-out.
   *
   * @param readOut how the answers were read, such as {@code nearest_mean}
   * @return results whose {@link StepResult#evaluation()} is that one
   * @throws IllegalArgumentException if a step was not evaluated so
   */
  public IncrementalResult by(String readOut) {
    return new IncrementalResult(
        strategy,
        classes,
        steps.stream()
            .map(
                s ->
                    new StepResult(
                        s.step(),
                        s.newClasses(),
                        s.oldClasses(),
                        s.trainingSamples(),
                        s.exemplars(),
                        s.epochs(),
                        s.optimizerSteps(),
                        s.loss(),
                        s.seconds(),
                        s.before(),
                        s.after(),
                        s.correction(),
                        List.of(s.evaluation(readOut))))
            .toList());
  }

  /**
   * The accuracy over all classes seen after each step: {@code a_1, ..., a_B}.
   *
   * @return in [0, 1], step by step
   */
  public List<Double> accuracies() {
    return steps.stream().map(step -> step.evaluation().accuracy()).toList();
  }

  /**
   * The accuracy matrix {@code A_bt}: row b has an entry for each step t up to b.
   *
   * @return rows of growing length, in [0, 1]
   */
  public List<List<Double>> accuracyMatrix() {
    return steps.stream().map(step -> step.evaluation().taskAccuracies()).toList();
  }

  /**
   * The accuracy over all classes after the last step: {@code a_B}.
   *
   * @return in [0, 1]; not a number before the first step
   */
  public double finalAccuracy() {
    return steps.isEmpty() ? Double.NaN : steps.get(steps.size() - 1).evaluation().accuracy();
  }

  /**
   * The average incremental accuracy: {@code 1/B sum_b a_b}, the first step included.
   *
   * @return in [0, 1]; not a number before the first step
   */
  public double averageIncrementalAccuracy() {
    return mean(accuracies());
  }

  /**
   * The average over the steps that add to known classes: {@code 1/(B-1) sum_{b>1} a_b}. Some
   * papers leave the first step out, since it is not incremental.
   *
   * @return in [0, 1]; not a number before the second step
   */
  public double averageWithoutFirst() {
    return mean(accuracies().subList(Math.min(1, steps.size()), steps.size()));
  }

  /**
   * How much of each earlier step's classes was lost (Chaudhry et al., ECCV 2018): {@code f_t =
   * max_{t <= b < B} A_bt - A_Bt} for t below B. Negative if the last model is the best.
   *
   * @return one value for each step but the last, in [-1, 1]
   */
  public List<Double> forgettingByStep() {
    List<List<Double>> matrix = accuracyMatrix();
    int last = matrix.size() - 1;
    List<Double> forgetting = new ArrayList<>();
    for (int t = 0; t < last; t++) {
      int task = t;
      double best =
          IntStream.range(t, last)
              .mapToDouble(b -> matrix.get(b).get(task))
              .max()
              .orElse(Double.NaN);
      forgetting.add(best - matrix.get(last).get(t));
    }
    return forgetting;
  }

  /**
   * The mean of {@link #forgettingByStep()}: {@code 1/(B-1) sum_{t<B} f_t}.
   *
   * @return in [-1, 1], 0 is best; not a number before the second step
   */
  public double forgetting() {
    return mean(forgettingByStep());
  }

  /**
   * The backward transfer (Lopez-Paz and Ranzato, NIPS 2017): {@code 1/(B-1) sum_{t<B} (A_Bt -
   * A_tt)}, how much later steps helped (above 0) or harmed earlier classes.
   *
   * @return in [-1, 1]; not a number before the second step
   */
  public double backwardTransfer() {
    List<List<Double>> matrix = accuracyMatrix();
    int last = matrix.size() - 1;
    return mean(
        IntStream.range(0, Math.max(0, last))
            .mapToObj(t -> matrix.get(last).get(t) - matrix.get(t).get(t))
            .toList());
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
