package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Module;

/**
 * What training minimizes on a batch. A loss runs the model itself, so that one loss can run it
 * once (cross-entropy), beside a teacher (distillation) or at attacked inputs (adversarial
 * training).
 *
 * <p>A loss around another one whose samples do not count alike, such as a {@link CrossEntropy}
 * with class weights, passes on its {@linkplain LossValue#weight weight}.
 */
@FunctionalInterface
public interface Loss {
  /**
   * Runs the model and compares.
   *
   * @param model the model, in the mode that the caller chose
   * @param batch the batch, on the model's device
   * @return the loss with gradients recorded, and the logits for metrics
   */
  LossValue compute(Module model, Batch batch);
}
