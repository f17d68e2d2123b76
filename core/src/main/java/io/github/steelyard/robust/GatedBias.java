package io.github.steelyard.robust;

import io.github.steelyard.nn.Parametrization;
import org.bytedeco.pytorch.Tensor;

/**
 * Puts the gates of a layer's output channels on its bias too, so that a closed channel is 0. It
 * saves nothing of its own.
 */
final class GatedBias extends Parametrization {
  private final HardConcreteGate gate;

  GatedBias(HardConcreteGate gate) {
    this.gate = gate;
  }

  @Override
  public Tensor forward(Tensor value) {
    return value.mul(gate.gates());
  }

  @Override
  public boolean isElementwise() {
    return true;
  }
}
