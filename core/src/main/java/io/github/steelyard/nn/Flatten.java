package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;

/** Joins all dimensions after the first: [n, ...] becomes [n, product of the others]. */
public final class Flatten extends Module {
  /** Creates the layer. */
  public Flatten() {}

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() < 1) {
      throw new ShapeException(this, "[n, ...]", input);
    }
    return input.dim() == 1 ? input.unsqueeze(1) : input.flatten(1, -1);
  }
}
