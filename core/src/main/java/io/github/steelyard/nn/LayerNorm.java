package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer normalization over the last dimension: {@code y = (x - mean) / sqrt(variance + epsilon) *
 * weight + bias} (Ba, Kiros and Hinton, 2016). Parameters: {@code weight} (ones at first) and
 * {@code bias} (zeros). Input and output [..., features].
 */
public final class LayerNorm extends Module implements Exportable {
  private final long features;
  private final double epsilon;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * With epsilon 1e-5, PyTorch's default; timm's vision transformers use 1e-6.
   *
   * @param features size of the last dimension, at least 1
   * @throws IllegalArgumentException if the size is below 1
   */
  public LayerNorm(long features) {
    this(features, 1e-5);
  }

  /**
   * With another epsilon.
   *
   * @param features size of the last dimension, at least 1
   * @param epsilon added to the variance, above 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public LayerNorm(long features, double epsilon) {
    this.features = Checks.atLeast(1, features, "LayerNorm", "features");
    this.epsilon = Checks.positive(epsilon, "LayerNorm", "epsilon");
    weight = parameter("weight", torch.ones(features));
    bias = parameter("bias", torch.zeros(features));
  }

  @Override
  public Tensor forward(Tensor input) {
    long dimensions = input.dim();
    if (dimensions == 0 || input.size(dimensions - 1) != features) {
      throw new ShapeException(this, "[..., " + features + "]", input);
    }
    return torch.layer_norm(
        input,
        new long[] {features},
        new TensorOptional(weight.value()),
        new TensorOptional(bias.value()),
        epsilon,
        true);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.layerNorm(
        input, weight.export(graph, "weight"), bias.export(graph, "bias"), epsilon);
  }

  /**
   * The scale of each feature.
   *
   * @return the parameter, [features]
   */
  public Parameter weight() {
    return weight;
  }

  /**
   * The shift of each feature.
   *
   * @return the parameter, [features]
   */
  public Parameter bias() {
    return bias;
  }

  /**
   * What is added to the variance.
   *
   * @return above 0
   */
  public double epsilon() {
    return epsilon;
  }

  @Override
  public String toString() {
    return "LayerNorm(" + features + ")";
  }
}
