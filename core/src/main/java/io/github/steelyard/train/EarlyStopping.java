package io.github.steelyard.train;

import io.github.steelyard.runtime.State;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ends a run when a metric has not become better for a number of evaluations (Prechelt, "Early
 * Stopping - But When?", 1998). The weights at the end are the last ones; the best ones are in the
 * run's best checkpoint, if the same metric is monitored. A run that it ended makes no further step
 * when it is resumed, unless with more patience.
 */
public final class EarlyStopping implements Callback {
  private final String metric;
  private final int patience;
  private final double minimumChange;
  private double best = Double.NaN;
  private int waited;

  /**
   * Creates the callback.
   *
   * @param metric the metric to watch, such as {@code accuracy} or {@code average.accuracy}
   * @param patience after how many evaluations without a better value the run ends, at least 1
   * @param minimumChange by how much a value must be better to count, at least 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public EarlyStopping(String metric, int patience, double minimumChange) {
    if (patience < 1) {
      throw new IllegalArgumentException("the patience must be at least 1, but is " + patience);
    }
    if (!(minimumChange >= 0) || Double.isInfinite(minimumChange)) {
      throw new IllegalArgumentException(
          "the minimum change must be at least 0, but is " + minimumChange);
    }
    this.metric = metric;
    this.patience = patience;
    this.minimumChange = minimumChange;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the run does not evaluate the metric; the message names the
   *     nearest
   */
  @Override
  public void beforeRun(TrainingContext context) {
    context.isHigherBetter(metric);
    stopIfOver(context); // also where a run resumes that this ended before
  }

  @Override
  public void onEvaluation(TrainingContext context, Map<String, Double> metrics) {
    double value = metrics.get(metric);
    double gain = context.isHigherBetter(metric) ? value - best : best - value;
    // The first value always counts; one that is not a number never does.
    if (gain > minimumChange || (Double.isNaN(best) && !Double.isNaN(value))) {
      best = value;
      waited = 0;
      return;
    }
    waited++;
    stopIfOver(context);
  }

  private void stopIfOver(TrainingContext context) {
    if (waited >= patience) {
      context.stop(
          metric + " has not become better than " + best + " for " + waited + " evaluations");
    }
  }

  @Override
  public State state() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("metric", metric);
    values.put("best", best);
    values.put("waited", waited);
    return new State(Map.of(), values);
  }

  @Override
  public void restore(State state) {
    Object saved = state.values().get("metric");
    if (!metric.equals(saved)) {
      throw new IllegalArgumentException("it watched '" + saved + "', not '" + metric + "'");
    }
    if (!(state.values().get("best") instanceof Number savedBest)
        || !(state.values().get("waited") instanceof Number savedWaited)) {
      throw new IllegalArgumentException(
          "'best' and 'waited' must be numbers, but are " + state.values());
    }
    best = savedBest.doubleValue();
    waited = savedWaited.intValue();
  }
}
