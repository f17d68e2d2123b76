package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;

/** Passes its input on; stands in a place where another layer may be put. */
public final class Identity extends Module {
  /** Creates the layer. */
  public Identity() {}

  @Override
  public Tensor forward(Tensor input) {
    return input;
  }
}
