package io.github.steelyard.compander;

import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a and b of every {@link WeightCompander} to the run's log, as an event {@code compander}
 * and as curves in TensorBoard: at the start, and those that are learned every so many steps. An
 * own loop asks {@link WeightCompander#of} instead.
 *
 * <p>Cost: two numbers for each layer, from the device, in a sampled step.
 */
public final class CompanderTracking implements Callback {
  private final int every;

  /**
   * How a and b stand.
   *
   * @param a above 0
   * @param b above 0
   */
  public record Values(double a, double b) {}

  /**
   * Creates the callback.
   *
   * @param every how many steps lie between lines, at least 1
   * @throws IllegalArgumentException if {@code every} is below 1
   */
  public CompanderTracking(int every) {
    if (every < 1) {
      throw new IllegalArgumentException("every must be at least 1 step, but is " + every);
    }
    this.every = every;
  }

  /**
   * Writes the first values.
   *
   * @param context the run
   * @throws IllegalArgumentException if no weight of the model is companded
   */
  @Override
  public void beforeRun(TrainingContext context) {
    if (WeightCompander.of(context.model()).isEmpty()) {
      throw new IllegalArgumentException(
          context.model() + " has no companded weight; apply CompandWeights first");
    }
    if (!context.isResumed()) {
      log(context, true);
    }
  }

  @Override
  public void afterStep(TrainingContext context) {
    if (context.step() % every == 0) {
      log(context, false);
    }
  }

  private static void log(TrainingContext context, boolean fixedToo) {
    Map<String, Values> values = new LinkedHashMap<>();
    WeightCompander.of(context.model())
        .forEach(
            (name, compander) -> {
              if (fixedToo || compander.isLearned()) {
                values.put(name, new Values(compander.a(), compander.b()));
              }
            });
    if (!values.isEmpty()) {
      context.log("compander", values);
    }
  }
}
