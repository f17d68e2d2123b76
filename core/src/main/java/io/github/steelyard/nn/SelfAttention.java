package io.github.steelyard.nn;

import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** What {@link Attention} and {@link WindowAttention} do alike, with the parts it gives them. */
final class SelfAttention {
  private final Module owner;
  private final AttentionConfiguration configuration;
  private final Optional<WindowBias> bias;
  private final Submodule qkv;
  private final Optional<Submodule> queryNorm;
  private final Optional<Submodule> keyNorm;
  private final Submodule attentionDropout;
  private final Submodule projection;
  private final Submodule projectionDropout;
  private final Tap probabilities;
  private final Tap heads;
  private final Tap output;

  /** Registers children and taps in the owner; there are no norms where there is a bias. */
  SelfAttention(Module owner, AttentionConfiguration configuration, Optional<WindowBias> bias) {
    this.owner = owner;
    this.configuration = configuration;
    this.bias = bias;
    bias.ifPresent(windows -> windows.registerIn(owner));
    long dimension = configuration.dimension();
    qkv = owner.submodule("qkv", new Linear(dimension, 3 * dimension, configuration.qkvBias()));
    queryNorm = headNorm("q_norm");
    keyNorm = headNorm("k_norm");
    attentionDropout = owner.submodule("attn_drop", new Dropout(configuration.attentionDropout()));
    projection = owner.submodule("proj", new Linear(dimension, dimension));
    projectionDropout =
        owner.submodule("proj_drop", new Dropout(configuration.projectionDropout()));
    probabilities = owner.tap("probabilities");
    heads = owner.tap("heads");
    output = owner.tap("output");
  }

  private Optional<Submodule> headNorm(String name) {
    if (bias.isPresent()) {
      return Optional.empty();
    }
    Module norm =
        configuration.qkNorm()
            ? new LayerNorm(configuration.headDimension(), 1e-6)
            : new Identity();
    return Optional.of(owner.submodule(name, norm));
  }

  Tensor forward(Tensor input) {
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
    Tensor query = parts.get(0);
    Tensor key = parts.get(1);
    if (queryNorm.isPresent() && keyNorm.isPresent()) {
      query = queryNorm.get().forward(query);
      key = keyNorm.get().forward(key);
    }
    Tensor joined = attend(query, key, parts.get(2)).transpose(1, 2).reshape(input.shape());
    return output.of(projectionDropout.forward(projection.forward(heads.of(joined))));
  }

  private Tensor attend(Tensor query, Tensor key, Tensor value) {
    if (!probabilities.isUsed() && attentionDropout.get() instanceof Dropout dropout) {
      return torch.scaled_dot_product_attention(
          query,
          key,
          value,
          bias.isPresent()
              ? new TensorOptional(bias.get().added(query.size(0)))
              : new TensorOptional(),
          owner.isTraining() ? dropout.probability() : 0,
          false,
          new DoubleOptional(),
          false);
    }
    Tensor logits = query.mul(new Scalar(scale())).matmul(key.transpose(-2, -1));
    Tensor added = bias.isPresent() ? bias.get().addTo(logits) : logits;
    Tensor weights = probabilities.of(torch.softmax(added, -1));
    return attentionDropout.forward(weights).matmul(value);
  }

  GraphValue export(GraphBuilder graph, GraphValue input) {
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
    GraphValue query = graph.select(parts, 0, 0);
    GraphValue key = graph.select(parts, 0, 1);
    if (queryNorm.isPresent() && keyNorm.isPresent()) {
      query = queryNorm.get().export(graph, query);
      key = keyNorm.get().export(graph, key);
    }
    GraphValue logits =
        graph.matmul(graph.mul(query, graph.scalar(scale())), graph.permute(key, 0, 1, 3, 2));
    GraphValue added = bias.isPresent() ? bias.get().addTo(graph, logits) : logits;
    GraphValue weights = attentionDropout.export(graph, graph.softmax(added, -1));
    GraphValue attended = graph.matmul(weights, graph.select(parts, 0, 2));
    GraphValue joined =
        graph.reshape(
            graph.permute(attended, 0, 2, 1, 3),
            GraphValue.DYNAMIC,
            tokens,
            configuration.dimension());
    return projectionDropout.export(graph, projection.export(graph, joined));
  }

  private double scale() {
    return 1 / Math.sqrt((double) configuration.headDimension());
  }
}
