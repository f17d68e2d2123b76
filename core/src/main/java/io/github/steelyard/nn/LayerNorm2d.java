package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer normalization of the channels of each pixel, as timm's {@code LayerNorm2d}: {@code y = (x -
 * mean) / sqrt(variance + epsilon) * weight + bias}. Parameters: {@code weight} (ones at first) and
 * {@code bias} (zeros). Input and output [n, channels, height, width].
 */
public final class LayerNorm2d extends Module implements Exportable {
  private final long channels;
  private final double epsilon;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * With epsilon 1e-6, timm's default.
   *
   * @param channels number of channels, at least 1
   * @throws IllegalArgumentException if the number is below 1
   */
  public LayerNorm2d(long channels) {
    this(channels, 1e-6);
  }

  /**
   * With another epsilon.
   *
   * @param channels number of channels, at least 1
   * @param epsilon added to the variance, above 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public LayerNorm2d(long channels, double epsilon) {
    this.channels = Checks.atLeast(1, channels, "LayerNorm2d", "channels");
    this.epsilon = Checks.positive(epsilon, "LayerNorm2d", "epsilon");
    weight = parameter("weight", torch.ones(channels));
    bias = parameter("bias", torch.zeros(channels));
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4 || input.size(1) != channels) {
      throw new ShapeException(this, "[n, " + channels + ", height, width]", input);
    }
    Tensor pixels = input.permute(0, 2, 3, 1);
    Tensor normalized =
        torch.layer_norm(
            pixels,
            new long[] {channels},
            new TensorOptional(weight.value()),
            new TensorOptional(bias.value()),
            epsilon,
            true);
    return normalized.permute(0, 3, 1, 2);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue pixels = graph.permute(input, 0, 2, 3, 1);
    GraphValue normalized =
        graph.layerNorm(
            pixels, weight.export(graph, "weight"), bias.export(graph, "bias"), epsilon);
    return graph.permute(normalized, 0, 3, 1, 2);
  }

  @Override
  public String toString() {
    return "LayerNorm2d(" + channels + ")";
  }
}
