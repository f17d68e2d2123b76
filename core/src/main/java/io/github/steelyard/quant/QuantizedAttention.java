package io.github.steelyard.quant;

import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphIntegers.Factor;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * Multi-head self-attention with quantized weights and activations: queries and keys with a scale
 * for each token, values with a scale for each channel, probabilities unsigned with a scale for
 * each token. Children: {@code qkv} and {@code proj} as {@link QuantizedLinear}, {@code
 * query_quantizer}, {@code key_quantizer}, {@code value_quantizer}, {@code probability_quantizer},
 * and the dropouts and norms of the attention it replaces. Taps as in {@link
 * io.github.steelyard.nn.Attention}; {@code probabilities} are those before their quantizer. Input
 * and output [n, tokens, dimension].
 *
 * <p>Paper: Liu, Liu and Cheng, ICML 2023 (arXiv 2302.02210), Section 3; the places of the
 * quantizers and shifts are those of the authors' code.
 */
public final class QuantizedAttention extends Module implements Exportable {
  private final AttentionConfiguration configuration;
  private final AttentionHeads inHeads;
  private final Submodule qkv;
  private final Submodule queryNorm;
  private final Submodule keyNorm;
  private final Submodule queryQuantizer;
  private final Submodule keyQuantizer;
  private final AttentionOutput output;

  /**
   * Puts the parts together.
   *
   * @param attention size and children of the attention that it replaces, quantized already
   * @param activationBits bits of queries, keys, values and probabilities; empty to leave them
   */
  QuantizedAttention(AttentionParts attention, Optional<Integer> activationBits) {
    configuration = attention.configuration();
    inHeads = new AttentionHeads(configuration, attention.bias());
    attention.bias().ifPresent(windows -> windows.registerIn(this));
    Map<String, Module> parts = attention.children();
    qkv = submodule("qkv", parts.get("qkv"));
    queryNorm = submodule("q_norm", parts.get("q_norm"));
    keyNorm = submodule("k_norm", parts.get("k_norm"));
    long dimension = configuration.dimension();
    queryQuantizer =
        submodule(
            "query_quantizer",
            AttentionQuantizers.of(activationBits, Slice.TOKEN, Signedness.SIGNED, dimension));
    keyQuantizer =
        submodule(
            "key_quantizer",
            AttentionQuantizers.of(activationBits, Slice.TOKEN, Signedness.SIGNED, dimension));
    output = new AttentionOutput(attention, inHeads, activationBits, this::submodule, this::tap);
  }

  @Override
  public Tensor forward(Tensor input) {
    inHeads.requireInput(this, input);
    TensorVector parts = qkv.forward(input).chunk(3, -1);
    Tensor query = inHeads.split(queryQuantizer.forward(norm(queryNorm, parts.get(0))));
    Tensor key = inHeads.split(keyQuantizer.forward(norm(keyNorm, parts.get(1))));
    return output.forward(query.matmul(key.transpose(-2, -1)), Optional.empty(), parts.get(2));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    Optional<GraphValue> integers = exportIntegers(graph, input);
    if (integers.isPresent()) {
      return integers.get();
    }
    long dimension = configuration.dimension();
    GraphValue parts = qkv.export(graph, input);
    GraphValue query = graph.slice(parts, 2, 0, dimension, 1);
    GraphValue key = graph.slice(parts, 2, dimension, 2 * dimension, 1);
    GraphValue value = graph.slice(parts, 2, 2 * dimension, 3 * dimension, 1);
    query = inHeads.split(graph, queryQuantizer.export(graph, norm(graph, queryNorm, query)));
    key = inHeads.split(graph, keyQuantizer.export(graph, norm(graph, keyNorm, key)));
    GraphValue products = graph.matmul(query, graph.permute(key, 0, 1, 3, 2));
    return output.export(graph, products, value);
  }

  /** Queries, keys, values and probabilities as integers, if all can be. */
  private Optional<GraphValue> exportIntegers(GraphBuilder graph, GraphValue input) {
    if (configuration.qkNorm() || !(qkv.get() instanceof QuantizedLinear linear)) {
      return Optional.empty();
    }
    Optional<ActivationQuantizer> inputs = linear.integerQuantizer(graph);
    Optional<ActivationQuantizer> queries = IntegerInput.quantizer(queryQuantizer.get());
    Optional<ActivationQuantizer> keys = IntegerInput.quantizer(keyQuantizer.get());
    if (inputs.isEmpty() || queries.isEmpty() || keys.isEmpty() || !output.isInteger()) {
      return Optional.empty();
    }
    long[] shape = input.shape();
    long dimension = configuration.dimension();
    IntegerInput x = IntegerInput.of(graph, inputs.get(), input, Factor.LEFT);
    IntegerInput query =
        IntegerInput.of(
            graph, queries.get(), linear.product(graph, x, 0, dimension), shape, Factor.LEFT);
    IntegerInput key =
        IntegerInput.of(
            graph, keys.get(), linear.product(graph, x, dimension, dimension), shape, Factor.RIGHT);
    GraphValue logits = new IntegerLogits(graph, inHeads).of(query, key);
    return Optional.of(
        output.exportIntegers(
            graph, logits, linear.product(graph, x, 2 * dimension, dimension), shape));
  }

  private GraphValue norm(GraphBuilder graph, Submodule norm, GraphValue tokens) {
    if (!configuration.qkNorm()) {
      return tokens;
    }
    GraphValue normalized = norm.export(graph, inHeads.split(graph, tokens));
    return graph.reshape(graph.permute(normalized, 0, 2, 1, 3), tokens.shape());
  }

  /** The norm acts on each head, the quantizers on whole tokens. */
  private Tensor norm(Submodule norm, Tensor tokens) {
    if (!configuration.qkNorm()) {
      return tokens;
    }
    return norm.forward(inHeads.split(tokens)).transpose(1, 2).reshape(tokens.shape());
  }

  /**
   * The attention's size.
   *
   * @return the configuration
   */
  public AttentionConfiguration configuration() {
    return configuration;
  }

  @Override
  public String toString() {
    return "QuantizedAttention("
        + configuration.dimension()
        + ", "
        + configuration.heads()
        + " heads)";
  }
}
