package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Logistic function, {@code 1 / (1 + exp(-x))}, at every element of an input of any shape. */
public final class Sigmoid extends Module {
  /** Creates the activation. */
  public Sigmoid() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.sigmoid(input);
  }
}
