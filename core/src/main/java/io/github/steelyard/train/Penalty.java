package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import org.bytedeco.pytorch.Tensor;

/** What training asks of the weights themselves; added to the loss. */
@FunctionalInterface
public interface Penalty {
  /**
   * Measures the weights.
   *
   * @param model the model that is trained
   * @return a scalar with gradients recorded, already multiplied by its strength
   */
  Tensor compute(Module model);
}
