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
  private final Submodule qkv;
  private final Submodule attentionDropout;
  private final Submodule projection;
  private final Submodule projectionDropout;
  private final Tap probabilities = tap("probabilities");
  private final Tap heads = tap("heads");
  private final Tap output = tap("output");

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
    if (bias.table().shape()[1] != configuration.heads()) {
      throw new IllegalArgumentException(
          "WindowAttention: the bias must have a column for each of the "
              + configuration.heads()
              + " heads, but has "
              + bias.table().shape()[1]);
    }
    this.configuration = configuration;
    this.bias = bias;
    long dimension = configuration.dimension();
    parameter("relative_position_bias_table", bias.table());
    buffer("relative_position_index", bias.index());
    bias.mask().ifPresent(mask -> buffer("attn_mask", mask));
    qkv = submodule("qkv", new Linear(dimension, 3 * dimension, configuration.qkvBias()));
    attentionDropout = submodule("attn_drop", new Dropout(configuration.attentionDropout()));
    projection = submodule("proj", new Linear(dimension, dimension));
    projectionDropout = submodule("proj_drop", new Dropout(configuration.projectionDropout()));
  }

  @Override
  public Tensor forward(Tensor input) {
    bias.requireWindows(this, input, configuration.dimension());
    TensorVector parts =
        qkv.forward(input)
            .reshape(
                input.size(0),
                input.size(1),
                3,
                configuration.heads(),
                configuration.headDimension())
            .permute(2, 0, 3, 1, 4)
            .unbind(0);
    Tensor attended = attend(parts.get(0), parts.get(1), parts.get(2));
    Tensor joined = attended.transpose(1, 2).reshape(input.shape());
    return output.of(projectionDropout.forward(projection.forward(heads.of(joined))));
  }

  private Tensor attend(Tensor query, Tensor key, Tensor value) {
    if (!probabilities.isUsed() && attentionDropout.get() instanceof Dropout dropout) {
      return torch.scaled_dot_product_attention(
          query,
          key,
          value,
          new TensorOptional(bias.added(query.size(0))),
          isTraining() ? dropout.probability() : 0,
          false,
          new DoubleOptional(),
          false);
    }
    double scale = 1 / Math.sqrt((double) configuration.headDimension());
    Tensor logits = query.mul(new Scalar(scale)).matmul(key.transpose(-2, -1));
    Tensor weights = probabilities.of(torch.softmax(bias.addTo(logits), -1));
    return attentionDropout.forward(weights).matmul(value);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    long tokens = bias.tokens();
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
    GraphValue scale = graph.scalar(1 / Math.sqrt((double) configuration.headDimension()));
    GraphValue query = graph.mul(graph.select(parts, 0, 0), scale);
    GraphValue key = graph.permute(graph.select(parts, 0, 1), 0, 1, 3, 2);
    GraphValue weights = graph.softmax(bias.addTo(graph, graph.matmul(query, key)), -1);
    GraphValue attended =
        graph.matmul(attentionDropout.export(graph, weights), graph.select(parts, 0, 2));
    GraphValue joined =
        graph.reshape(
            graph.permute(attended, 0, 2, 1, 3),
            GraphValue.DYNAMIC,
            tokens,
            configuration.dimension());
    return projectionDropout.export(graph, projection.export(graph, joined));
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
