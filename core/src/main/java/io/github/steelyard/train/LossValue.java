package io.github.steelyard.train;

import org.bytedeco.pytorch.Tensor;

/**
 * The loss of one batch.
 *
 * @param loss a scalar, the mean over the batch, with gradients recorded
 * @param logits what the model said, float [n, classes]
 * @param weight what the mean was divided by: how much the batch counts beside others that it is
 *     averaged with, in a step of several batches and over an epoch; above 0
 */
public record LossValue(Tensor loss, Tensor logits, double weight) {
  /**
   * A mean in which every sample counts alike.
   *
   * @param loss a scalar, the mean over the batch, with gradients recorded
   * @param logits what the model said, float [n, classes]
   */
  public LossValue(Tensor loss, Tensor logits) {
    this(loss, logits, (double) logits.size(0));
  }
}
