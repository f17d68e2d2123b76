package io.github.steelyard.interaction;

import java.util.Arrays;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/** The value of the constant coordinate while a segment runs, for the layers that have biases. */
final class BiasCarrier {
  /** [n, positions], or null where the constant is 1. */
  private Tensor constant;

  void set(Tensor value) {
    constant = value;
  }

  void rectify() {
    if (constant != null) {
      constant = constant.relu();
    }
  }

  boolean isSet() {
    return constant != null;
  }

  /** The constant for an activation of some positions: [n, positions]. */
  Tensor at(long positions) {
    // Where a layer sees other positions than the segment's input, each sees their mean.
    return constant.size(1) == positions
        ? constant
        : constant.mean(new long[] {1}, true, new ScalarTypeOptional()).expand(-1, positions);
  }

  /** The constant shaped for a layer's output, whose channels are in the given dimension. */
  Tensor broadcast(Tensor output, boolean channelsLast, String layer) {
    if (output.size(0) != constant.size(0)) {
      throw new IllegalStateException(
          "%s works on %d rows where the segment was given %d samples, so its bias cannot follow"
                  .formatted(layer, output.size(0), constant.size(0))
              + " the constant coordinate; use BiasFolding.FIXED");
    }
    if (channelsLast && output.dim() == 3) {
      return at(output.size(1)).unsqueeze(2);
    }
    long[] shape = new long[Math.toIntExact(output.dim())];
    Arrays.fill(shape, 1);
    shape[0] = output.size(0);
    return at(1).reshape(shape);
  }
}
