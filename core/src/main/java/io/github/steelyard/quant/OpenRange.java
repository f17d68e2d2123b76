package io.github.steelyard.quant;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A closed range of whole numbers, as the open range between the floating-point numbers next to its
 * ends, where libtorch's hard tanh passes the gradient.
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

  /** Passes the gradient of what lies within the range and no other. */
  Tensor record(Tensor position) {
    return torch.hardtanh(position, new Scalar(below), new Scalar(above));
  }
}
