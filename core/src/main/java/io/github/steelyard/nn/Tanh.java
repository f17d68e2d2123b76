package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Hyperbolic tangent at every element of an input of any shape. */
public final class Tanh extends Module {
  /** Creates the activation. */
  public Tanh() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.tanh(input);
  }
}
