package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Multi-head self-attention inside windows, {@code softmax(q k^T / sqrt(d) + bias) v} per head (Liu
 * et al., Swin Transformer, ICCV 2021), with timm's names: {@code relative_position_bias_table},
 * {@code qkv}, {@code attn_drop}, {@code proj}, {@code proj_drop}. Input and output [n, tokens,
 * dimension], where n counts the windows of all images, image after image.
 *
 * <p>Taps: {@code probabilities} [n, heads, tokens, tokens], {@code heads} (the heads' outputs side
 * by side, before the projection) [n, tokens, dimension] and {@code output}. While nobody uses
 * {@code probabilities}, libtorch's fused kernel computes the same without storing them.
 */
public final class WindowAttention extends Module implements Exportable {
  private final AttentionConfiguration configuration;
  private final WindowBias bias;
  private final SelfAttention steps;

  /**
   * An attention with random weights.
   *
   * @param configuration size and dropout; queries and keys cannot be normalized
   * @param bias what is added to the logits, for as many heads
   * @throws IllegalArgumentException if queries and keys are to be normalized, or the bias has
   *     another number of heads
   */
  public WindowAttention(AttentionConfiguration configuration, WindowBias bias) {
    if (configuration.qkNorm()) {
      throw new IllegalArgumentException(
          "WindowAttention: qkNorm must be false; use Attention for normalized queries and keys");
    }
    if (bias.heads() != configuration.heads()) {
      throw new IllegalArgumentException(
          "WindowAttention: the bias must have a column for each of the "
              + configuration.heads()
              + " heads, but has "
              + bias.heads());
    }
    this.configuration = configuration;
    this.bias = bias;
    steps = new SelfAttention(this, configuration, Optional.of(bias));
  }

  @Override
  public Tensor forward(Tensor input) {
    bias.requireWindows(this, input, configuration.dimension());
    return steps.forward(input);
  }

  @Override
  protected void adaptState(String path, ForeignState state) {
    bias.adaptState(path, state);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return steps.export(graph, input);
  }

  /**
   * Size and dropout.
   *
   * @return the configuration
   */
  public AttentionConfiguration configuration() {
    return configuration;
  }

  /**
   * What is added to the logits.
   *
   * @return the live bias
   */
  public WindowBias bias() {
    return bias;
  }

  @Override
  public String toString() {
    return "WindowAttention("
        + configuration.dimension()
        + ", "
        + configuration.heads()
        + " heads, "
        + bias.tokens()
        + " tokens)";
  }
}
