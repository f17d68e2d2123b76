package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;

/** The sliding square of a pooling layer. */
record Window(long kernel, long stride, long padding) {
  Window(String layer, long kernel, long stride, long padding) {
    this(
        Checks.atLeast(1, kernel, layer, "kernel"),
        Checks.atLeast(1, stride, layer, "stride"),
        Checks.atLeast(0, padding, layer, "padding"));
    if (padding > kernel / 2) {
      throw new IllegalArgumentException(
          layer
              + ": padding must be at most half the kernel ("
              + kernel / 2
              + "), but is "
              + padding);
    }
  }

  void check(Module layer, Tensor input) {
    long smallest = kernel - 2 * padding;
    if (input.dim() != 4 || input.size(2) < smallest || input.size(3) < smallest) {
      String side = " >= " + Math.max(1, smallest);
      throw new ShapeException(
          layer, "[n, channels, height" + side + ", width" + side + "]", input);
    }
  }

  long[] kernels() {
    return new long[] {kernel, kernel};
  }

  long[] strides() {
    return new long[] {stride, stride};
  }

  long[] paddings() {
    return new long[] {padding, padding};
  }
}
