package io.github.steelyard.train;

import io.github.steelyard.data.Batch;

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
   * What was gathered, as numbers that can be added up over processes, each of which saw other
   * batches. Needed for evaluations of many ranks only.
   *
   * @return sums; fewer where no batch was seen
   * @throws UnsupportedOperationException if the metric does not say
   */
  default double[] sums() {
    throw new UnsupportedOperationException(
        "the metric '" + name() + "' cannot be added up over ranks: it does not implement sums");
  }

  /**
   * Takes sums over all processes in the place of what was gathered.
   *
   * @param sums of several {@link #sums()}, number by number
   */
  default void restore(double[] sums) {
    throw new UnsupportedOperationException(
        "the metric '" + name() + "' cannot be added up over ranks: it does not implement restore");
  }
}
