package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Multi-head self-attention, {@code softmax(q k^T / sqrt(d)) v} per head (Vaswani et al., NeurIPS
 * 2017), with timm's names: {@code qkv}, {@code q_norm}, {@code k_norm}, {@code attn_drop}, {@code
 * proj}, {@code proj_drop}. Input and output [n, tokens, dimension].
 *
 * <p>Taps: {@code probabilities} [n, heads, tokens, tokens], {@code heads} (the heads' outputs side
 * by side, before the projection) [n, tokens, dimension] and {@code output}. While nobody uses
 * {@code probabilities}, libtorch's fused kernel computes the same without storing them.
 */
public final class Attention extends Module implements Exportable {
  private final AttentionConfiguration configuration;
  private final SelfAttention steps;

  /**
   * An attention with random weights.
   *
   * @param configuration size, normalization and dropout
   */
  public Attention(AttentionConfiguration configuration) {
    this.configuration = configuration;
    steps = new SelfAttention(this, configuration, Optional.empty());
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 3 || input.size(2) != configuration.dimension()) {
      throw new ShapeException(this, "[n, tokens, " + configuration.dimension() + "]", input);
    }
    return steps.forward(input);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return steps.export(graph, input);
  }

  /**
   * Size, normalization and dropout.
   *
   * @return the configuration
   */
  public AttentionConfiguration configuration() {
    return configuration;
  }

  @Override
  public String toString() {
    return "Attention(" + configuration.dimension() + ", " + configuration.heads() + " heads)";
  }
}
