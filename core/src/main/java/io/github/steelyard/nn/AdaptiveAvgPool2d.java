package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Means over as many windows as the output has pixels. Input [n, channels, height, width], output
 * [n, channels, output height, output width].
 */
public final class AdaptiveAvgPool2d extends Module implements Exportable {
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
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    if (output.equals(Size2d.square(1))) {
      return graph.mean(input, 2, 3);
    }
    long[] shape = input.shape();
    GraphValue rows = graph.constant("rows", means(shape[2], output.height()));
    GraphValue columns = graph.constant("columns", means(shape[3], output.width()).t());
    return graph.matmul(graph.matmul(rows, input), columns);
  }

  /** The matrix [windows, pixels] whose product with pixels is the mean of each window. */
  private static Tensor means(long pixels, long windows) {
    float[] matrix = new float[Math.toIntExact(windows * pixels)];
    for (long window = 0; window < windows; window++) {
      long start = window * pixels / windows;
      long end = ((window + 1) * pixels + windows - 1) / windows;
      int row = Math.toIntExact(window * pixels);
      Arrays.fill(matrix, row + (int) start, row + (int) end, 1f / (end - start));
    }
    return Tensor.create(matrix, windows, pixels);
  }

  @Override
  public String toString() {
    return "AdaptiveAvgPool2d(" + output + ")";
  }
}
