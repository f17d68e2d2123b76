package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch normalization of vectors or sequences: {@code y = (x - mean) / sqrt(variance + epsilon) *
 * weight + bias} per channel (Ioffe and Szegedy, ICML 2015). In training mode mean and variance are
 * those of the batch, and the running statistics move towards them by {@code momentum} (the
 * variance without bias); in evaluation mode the running statistics are used. Parameters: {@code
 * weight} (ones at first) and {@code bias} (zeros); buffers: {@code running_mean}, {@code
 * running_var} and {@code num_batches_tracked}. Input and output [n, channels] or [n, channels,
 * length].
 */
public final class BatchNorm1d extends Module implements Exportable {
  private final long channels;
  private final Parameter weight;
  private final Parameter bias;
  private final BatchNormalization normalization;

  /**
   * With momentum 0.1 and epsilon 1e-5, PyTorch's defaults.
   *
   * @param channels number of channels, at least 1
   * @throws IllegalArgumentException if the number is below 1
   */
  public BatchNorm1d(long channels) {
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
  public BatchNorm1d(long channels, double momentum, double epsilon) {
    this.channels = Checks.atLeast(1, channels, "BatchNorm1d", "channels");
    if (!(momentum > 0 && momentum <= 1)) {
      throw new IllegalArgumentException(
          "BatchNorm1d: momentum must be above 0 and at most 1, but is " + momentum);
    }
    Checks.positive(epsilon, "BatchNorm1d", "epsilon");
    weight = parameter("weight", torch.ones(channels));
    bias = parameter("bias", torch.zeros(channels));
    normalization =
        new BatchNormalization(
            weight,
            bias,
            buffer("running_mean", torch.zeros(channels)),
            buffer("running_var", torch.ones(channels)),
            buffer("num_batches_tracked", BatchNormalization.zeroCount()),
            momentum,
            epsilon);
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() < 2 || input.dim() > 3 || input.size(1) != channels) {
      throw new ShapeException(
          this, "[n, " + channels + "] or [n, " + channels + ", length]", input);
    }
    return normalization.apply(this, input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return normalization.export(graph, input);
  }

  /**
   * The scale of each channel.
   *
   * @return the parameter, [channels]
   */
  public Parameter weight() {
    return weight;
  }

  /**
   * The shift of each channel.
   *
   * @return the parameter, [channels]
   */
  public Parameter bias() {
    return bias;
  }

  /**
   * The mean that evaluation mode subtracts.
   *
   * @return the buffer, [channels]
   */
  public Buffer runningMean() {
    return normalization.runningMean();
  }

  /**
   * The variance that evaluation mode divides by.
   *
   * @return the buffer, [channels]
   */
  public Buffer runningVariance() {
    return normalization.runningVariance();
  }

  /**
   * The number of channels.
   *
   * @return at least 1
   */
  public long channels() {
    return channels;
  }

  /**
   * Weight of the newest batch in the running statistics.
   *
   * @return in (0, 1]
   */
  public double momentum() {
    return normalization.momentum();
  }

  /**
   * What is added to the variance.
   *
   * @return above 0
   */
  public double epsilon() {
    return normalization.epsilon();
  }

  @Override
  public String toString() {
    return "BatchNorm1d(" + channels + ")";
  }
}
