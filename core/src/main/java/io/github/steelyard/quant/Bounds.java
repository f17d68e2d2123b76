package io.github.steelyard.quant;

import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Clamping to plain numbers, and the checks of bit widths. */
final class Bounds {
  private Bounds() {}

  static Tensor clamp(Tensor tensor, double lowest, double highest) {
    return tensor.clamp(optional(lowest), optional(highest));
  }

  static Tensor clamp_(Tensor tensor, double lowest, double highest) {
    return tensor.clamp_(optional(lowest), optional(highest));
  }

  private static ScalarOptional optional(double value) {
    return new ScalarOptional(new Scalar(value));
  }

  /** The number of bits as a buffer, so that a state dict tells it. */
  static Tensor stored(int bits) {
    return torch.ones(1).mul(new Scalar(bits)).to(ScalarType.Byte);
  }

  /** Refuses a state dict of a quantizer with another number of bits. */
  static void requireBits(int bits, String path, Map<String, Tensor> state) {
    String name = path.isEmpty() ? "bits" : path + ".bits";
    int saved = state.get(name).item_byte();
    if (saved != bits) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' is "
              + saved
              + " in the state dict, but this model was prepared with "
              + bits
              + "; prepare it with the configuration of the checkpoint");
    }
  }

  static int bits(int bits, String what) {
    if (bits < 1 || bits > 8) {
      throw new IllegalArgumentException(
          what
              + " must be from 1 to 8 bits, but is "
              + bits
              + "; the nearest is "
              + Math.max(1, Math.min(8, bits)));
    }
    return bits;
  }
}
