package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Means over as many windows as the output has pixels. Input [n, channels, height, width], output
 * [n, channels, output height, output width].
 */
public final class AdaptiveAvgPool2d extends Module {
  private final Size2d output;

  /**
   * Creates the layer.
   *
   * @param output size of the output, at least 1x1; 1x1 is global average pooling
   * @throws IllegalArgumentException if a side is below 1
   */
  public AdaptiveAvgPool2d(Size2d output) {
    this.output = output.requireAtLeast(1, "AdaptiveAvgPool2d", "output");
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4) {
      throw new ShapeException(this, "[n, channels, height, width]", input);
    }
    return torch.adaptive_avg_pool2d(input, output.toArray());
  }

  @Override
  public String toString() {
    return "AdaptiveAvgPool2d(" + output + ")";
  }
}
