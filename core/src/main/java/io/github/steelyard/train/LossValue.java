package io.github.steelyard.train;

import org.bytedeco.pytorch.Tensor;

/**
 * The loss of one batch.
 *
 * @param loss a scalar, the mean over the batch, with gradients recorded
 * @param logits what the model said, float [n, classes]
 */
public record LossValue(Tensor loss, Tensor logits) {}
