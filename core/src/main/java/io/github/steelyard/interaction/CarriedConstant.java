package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Submodule;
import org.bytedeco.pytorch.Tensor;

/**
 * A ReLU that the constant coordinate passes too, as in the authors' folded weights: a projection
 * can make it negative.
 */
final class CarriedConstant extends Module {
  private final Submodule layer;
  private final BiasCarrier carrier;

  CarriedConstant(ReLU inner, BiasCarrier carrier) {
    this.layer = submodule("layer", inner);
    this.carrier = carrier;
  }

  @Override
  public Tensor forward(Tensor input) {
    carrier.rectify();
    return layer.forward(input);
  }
}
