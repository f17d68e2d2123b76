package io.github.steelyard.interaction;

import io.github.steelyard.nn.BatchNorm;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Submodule;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** A layer whose bias is multiplied by the constant coordinate. */
final class CarriedBias extends Module {
  /** Those that {@link #knows}, for people. */
  static final String KNOWN = "Linear, LayerNorm, Conv2d or BatchNorm";

  private final Submodule layer;
  private final BiasCarrier carrier;
  private final String path;
  private final Parameter bias;
  private final boolean channelsLast;

  CarriedBias(String path, Module inner, BiasCarrier carrier) {
    this.path = path;
    this.carrier = carrier;
    this.layer = submodule("layer", inner);
    this.bias = inner.ownParameters().get("bias");
    this.channelsLast = inner instanceof Linear || inner instanceof LayerNorm;
  }

  /** Whether it is known where in a layer's output its bias appears. */
  static boolean knows(Module module) {
    return module instanceof Linear
        || module instanceof LayerNorm
        || module instanceof Conv2d
        || module instanceof BatchNorm;
  }

  static boolean hasBias(Module module) {
    return knows(module) && module.ownParameters().containsKey("bias");
  }

  Module inner() {
    return layer.get();
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor output = layer.forward(input);
    if (!carrier.isSet()) {
      return output;
    }
    Tensor value = bias.value();
    if (!channelsLast) {
      long[] shape = new long[Math.toIntExact(output.dim()) - 1];
      Arrays.fill(shape, 1);
      shape[0] = value.size(0);
      value = value.reshape(shape);
    }
    Tensor missing =
        carrier.broadcast(output, channelsLast, path + " " + layer.get()).sub(new Scalar(1.0));
    return output.add(missing.mul(value));
  }
}
