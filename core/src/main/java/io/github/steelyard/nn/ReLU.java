package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Rectified linear unit, {@code max(x, 0)}, at every element of an input of any shape. */
public final class ReLU extends Module {
  /** Creates the activation. */
  public ReLU() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.relu(input);
  }
}
