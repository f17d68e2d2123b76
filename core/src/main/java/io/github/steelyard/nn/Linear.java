package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * {@code y = x W^T + b}. Parameters: {@code weight} [out, in] and {@code bias} [out], both uniform
 * in ±1/sqrt(in) at first. Input [..., in], output [..., out].
 */
public final class Linear extends Module implements Exportable {
  private final long inFeatures;
  private final long outFeatures;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * A layer with bias.
   *
   * @param inFeatures size of the input's last dimension, at least 1
   * @param outFeatures size of the output's last dimension, at least 1
   * @throws IllegalArgumentException if a size is below 1
   */
  public Linear(long inFeatures, long outFeatures) {
    this(inFeatures, outFeatures, true);
  }

  /**
   * A layer with or without bias.
   *
   * @param inFeatures size of the input's last dimension, at least 1
   * @param outFeatures size of the output's last dimension, at least 1
   * @param bias whether there is a bias
   * @throws IllegalArgumentException if a size is below 1
   */
  public Linear(long inFeatures, long outFeatures, boolean bias) {
    this.inFeatures = Checks.atLeast(1, inFeatures, "Linear", "inFeatures");
    this.outFeatures = Checks.atLeast(1, outFeatures, "Linear", "outFeatures");
    weight = parameter("weight", Initialization.empty(outFeatures, inFeatures));
    this.bias = bias ? parameter("bias", Initialization.empty(outFeatures)) : null;
    Initialization.kaimingUniform(weight.tensor());
    if (bias) {
      Initialization.defaultBias(this.bias.tensor(), weight.tensor());
    }
  }

  @Override
  public Tensor forward(Tensor input) {
    long dimensions = input.dim();
    if (dimensions == 0 || input.size(dimensions - 1) != inFeatures) {
      throw new ShapeException(this, "[..., " + inFeatures + "]", input);
    }
    return bias == null
        ? torch.linear(input, weight.value())
        : torch.linear(input, weight.value(), new TensorOptional(bias.value()));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.linear(
        input, weight.export(graph, "weight"), bias().map(b -> b.export(graph, "bias")));
  }

  /**
   * The weight.
   *
   * @return the parameter, [out, in]
   */
  public Parameter weight() {
    return weight;
  }

  /**
   * The bias.
   *
   * @return the parameter, [out], or empty
   */
  public Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  /**
   * Size of the input's last dimension.
   *
   * @return at least 1
   */
  public long inFeatures() {
    return inFeatures;
  }

  /**
   * Size of the output's last dimension.
   *
   * @return at least 1
   */
  public long outFeatures() {
    return outFeatures;
  }

  @Override
  public String toString() {
    return "Linear(" + inFeatures + " -> " + outFeatures + ")";
  }
}
