package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Batch normalization of images: {@code y = (x - mean) / sqrt(variance + epsilon) * weight + bias}
 * per channel (Ioffe and Szegedy, ICML 2015). In training mode mean and variance are those of the
 * batch, and the running statistics move towards them by {@code momentum} (the variance without
 * bias); in evaluation mode the running statistics are used. Parameters: {@code weight} (ones at
 * first) and {@code bias} (zeros); buffers: {@code running_mean}, {@code running_var} and {@code
 * num_batches_tracked}. Input and output [n, channels, height, width].
 */
public final class BatchNorm2d extends Module implements BatchNorm, Exportable {
  private final BatchNormalization normalization;

  /**
   * With momentum 0.1 and epsilon 1e-5, PyTorch's defaults.
   *
   * @param channels number of channels, at least 1
   * @throws IllegalArgumentException if the number is below 1
   */
  public BatchNorm2d(long channels) {
    this(channels, 0.1, 1e-5);
  }

  /**
   * With other constants.
   *
   * @param channels number of channels, at least 1
   * @param momentum weight of the newest batch in the running statistics, in (0, 1]
   * @param epsilon added to the variance, above 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public BatchNorm2d(long channels, double momentum, double epsilon) {
    normalization = new BatchNormalization(this, channels, momentum, epsilon);
  }

  @Override
  public Tensor forward(Tensor input) {
    long channels = channels();
    if (input.dim() != 4 || input.size(1) != channels) {
      throw new ShapeException(this, "[n, " + channels + ", height, width]", input);
    }
    return normalization.forward(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return normalization.export(graph, input);
  }

  @Override
  protected void adaptState(String path, ForeignState state) {
    normalization.adaptState(path, state);
  }

  @Override
  public BatchNormalization normalization() {
    return normalization;
  }

  @Override
  public String toString() {
    return "BatchNorm2d(" + channels() + ")";
  }
}
