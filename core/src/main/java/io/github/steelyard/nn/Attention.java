package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

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
  private final Submodule qkv;
  private final Submodule queryNorm;
  private final Submodule keyNorm;
  private final Submodule attentionDropout;
  private final Submodule projection;
  private final Submodule projectionDropout;
  private final Tap probabilities = tap("probabilities");
  private final Tap heads = tap("heads");
  private final Tap output = tap("output");

  /**
   * An attention with random weights.
   *
   * @param configuration size, normalization and dropout
   */
  public Attention(AttentionConfiguration configuration) {
    this.configuration = configuration;
    long dimension = configuration.dimension();
    qkv = submodule("qkv", new Linear(dimension, 3 * dimension, configuration.qkvBias()));
    queryNorm = submodule("q_norm", headNorm());
    keyNorm = submodule("k_norm", headNorm());
    attentionDropout = submodule("attn_drop", new Dropout(configuration.attentionDropout()));
    projection = submodule("proj", new Linear(dimension, dimension));
    projectionDropout = submodule("proj_drop", new Dropout(configuration.projectionDropout()));
  }

  private Module headNorm() {
    return configuration.qkNorm()
        ? new LayerNorm(configuration.headDimension(), 1e-6)
        : new Identity();
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 3 || input.size(2) != configuration.dimension()) {
      throw new ShapeException(this, "[n, tokens, " + configuration.dimension() + "]", input);
    }
    long n = input.size(0);
    long tokens = input.size(1);
    TensorVector parts =
        qkv.forward(input)
            .reshape(n, tokens, 3, configuration.heads(), configuration.headDimension())
            .permute(2, 0, 3, 1, 4)
            .unbind(0);
    Tensor attended =
        attend(queryNorm.forward(parts.get(0)), keyNorm.forward(parts.get(1)), parts.get(2));
    Tensor joined = attended.transpose(1, 2).reshape(n, tokens, configuration.dimension());
    return output.of(projectionDropout.forward(projection.forward(heads.of(joined))));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    long tokens = input.shape()[1];
    GraphValue parts =
        graph.permute(
            graph.reshape(
                qkv.export(graph, input),
                GraphValue.DYNAMIC,
                tokens,
                3,
                configuration.heads(),
                configuration.headDimension()),
            2,
            0,
            3,
            1,
            4);
    GraphValue query = queryNorm.export(graph, graph.select(parts, 0, 0));
    GraphValue key = keyNorm.export(graph, graph.select(parts, 0, 1));
    GraphValue value = graph.select(parts, 0, 2);
    GraphValue scale = graph.scalar(1 / Math.sqrt((double) configuration.headDimension()));
    GraphValue logits = graph.matmul(graph.mul(query, scale), graph.permute(key, 0, 1, 3, 2));
    GraphValue weights = attentionDropout.export(graph, graph.softmax(logits, -1));
    GraphValue heads = graph.permute(graph.matmul(weights, value), 0, 2, 1, 3);
    GraphValue joined = graph.reshape(heads, GraphValue.DYNAMIC, tokens, configuration.dimension());
    return projectionDropout.export(graph, projection.export(graph, joined));
  }

  private Tensor attend(Tensor query, Tensor key, Tensor value) {
    if (canFuse()) {
      double dropout = isTraining() ? ((Dropout) attentionDropout.get()).probability() : 0;
      return torch.scaled_dot_product_attention(
          query, key, value, new TensorOptional(), dropout, false, new DoubleOptional(), false);
    }
    double scale = 1 / Math.sqrt((double) configuration.headDimension());
    Tensor logits = query.mul(new Scalar(scale)).matmul(key.transpose(-2, -1));
    Tensor weights = probabilities.of(torch.softmax(logits, -1));
    return attentionDropout.forward(weights).matmul(value);
  }

  private boolean canFuse() {
    return !probabilities.isUsed() && attentionDropout.get() instanceof Dropout;
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
