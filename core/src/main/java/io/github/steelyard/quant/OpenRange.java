package io.github.steelyard.quant;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A closed range of whole numbers, as the open range between the floating-point numbers next to its
 * ends. The gradient of libtorch's hard tanh tells in one pass what lies within an open range.
 */
record OpenRange(double below, double above) {
  /** The range [lowest, highest] for tensors of the type of this one. */
  static OpenRange around(double lowest, double highest, Tensor tensor) {
    ScalarType type = tensor.scalar_type().intern();
    return new OpenRange(lowest - distance(lowest, type), highest + distance(highest, type));
  }

  /** The distance from a number to the next one that is farther from 0. */
  private static double distance(double number, ScalarType type) {
    return switch (type) {
      case Double -> Math.max(Math.ulp(number), Double.MIN_NORMAL);
      // 16, 13 and 0 bits fewer than float
      case BFloat16 -> Math.max(Math.ulp((float) number) * 0x1p16, Float.MIN_NORMAL);
      case Half -> Math.max(Math.ulp((float) number) * 0x1p13, 0x1p-14);
      default -> Math.max(Math.ulp((float) number), Float.MIN_NORMAL);
    };
  }

  /** Clamps to the range; what is rounded afterwards lies within the closed range. */
  void clamp_(Tensor tensor) {
    torch.hardtanh_(tensor, new Scalar(below), new Scalar(above));
  }

  /** 1 where a clamped position lies within the range, else 0. */
  Tensor indicate(Tensor position) {
    Tensor one = position.new_ones(1).expand(position.shape());
    return torch.hardtanh_backward(one, position, new Scalar(below), new Scalar(above));
  }
}
