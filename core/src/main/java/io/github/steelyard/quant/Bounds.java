package io.github.steelyard.quant;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/** Clamping to plain numbers, and the check of bit widths. */
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
