package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The mean of each square window, padding counted as zeros. Input [n, channels, height, width]. */
public final class AvgPool2d extends Module implements Exportable {
  private final Window window;

  /**
   * Windows side by side.
   *
   * @param kernel side of the window and distance of the windows, at least 1
   * @throws IllegalArgumentException if the side is below 1
   */
  public AvgPool2d(long kernel) {
    this(kernel, kernel, 0);
  }

  /**
   * Windows that may overlap.
   *
   * @param kernel side of the window, at least 1
   * @param stride pixels from one window to the next, at least 1
   * @param padding zeros at each border, at most half the kernel
   * @throws IllegalArgumentException if a value is out of range
   */
  public AvgPool2d(long kernel, long stride, long padding) {
    window = new Window("AvgPool2d", kernel, stride, padding);
  }

  @Override
  public Tensor forward(Tensor input) {
    window.check(this, input);
    return torch.avg_pool2d(
        input,
        window.kernels(),
        window.strides(),
        window.paddings(),
        false,
        true,
        new LongOptional());
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.avgPool2d(input, window.kernels(), window.strides(), window.paddings());
  }

  @Override
  public String toString() {
    return "AvgPool2d(kernel " + window.kernel() + ")";
  }
}
