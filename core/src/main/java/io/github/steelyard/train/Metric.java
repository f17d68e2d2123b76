package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.List;

/**
 * A number that says how good a model is, gathered batch by batch. A metric keeps plain Java
 * numbers between batches, never tensors.
 */
public interface Metric {
  /**
   * The name in logs and results.
   *
   * @return such as {@code accuracy}; the same at each call
   */
  String name();

  /**
   * The direction.
   *
   * @return true if a larger value is a better one
   */
  boolean higherIsBetter();

  /** Forgets all batches. */
  void reset();

  /**
   * Takes in one batch.
   *
   * @param value the loss and the logits of the batch
   * @param batch the batch
   * @throws IllegalArgumentException if the logits or the targets do not suit the metric
   */
  void update(LossValue value, Batch batch);

  /**
   * The value over all batches since the last {@link #reset}.
   *
   * @return the value; not a number before the first batch
   */
  double value();

  /**
   * What was gathered, as numbers, for the other processes, each of which saw other batches. Needed
   * for evaluations of many ranks only.
   *
   * @return numbers; fewer where no batch was seen
   * @throws UnsupportedOperationException if the metric does not say
   */
  default double[] gathered() {
    throw new UnsupportedOperationException(
        "the metric '"
            + name()
            + "' cannot be measured by many ranks: it does not say what it"
            + " gathered");
  }

  /**
   * Takes what all processes gathered in the place of its own.
   *
   * @param ranks each one's {@link #gathered()}, in the order of their batches
   */
  default void merge(List<double[]> ranks) {
    throw new UnsupportedOperationException(
        "the metric '"
            + name()
            + "' cannot be measured by many ranks: it does not merge what they"
            + " gathered");
  }
}
