package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Sigmoid linear unit (swish), {@code x sigmoid(x)}, at every element of an input of any shape. */
public final class SiLU extends Module {
  /** Creates the activation. */
  public SiLU() {}

  @Override
  public Tensor forward(Tensor input) {
    return torch.silu(input);
  }
}
