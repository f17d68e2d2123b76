package io.github.steelyard.quant;

import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphIntegers.Factor;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Multi-head self-attention under query-key reparameterization (see {@link QueryKeyProduct}).
 *
 * <pre>
 * x̂ = q(x);  logits_h = x̂ · q(M_h x̂ᵗ) / sqrt(C / H);  v = q(W_v x̂ + b_v)
 * </pre>
 *
 * <p>The biases of queries and keys are dropped; values keep weight, bias and quantizer. Children:
 * {@code input_quantizer} (a scale for each token), {@code product}, {@code product_quantizer} (a
 * scale for each token and head), {@code v} as {@link QuantizedLinear}, {@code value_quantizer} (a
 * scale for each channel), {@code probability_quantizer} (unsigned, for each token), {@code
 * attn_drop}, {@code proj}, {@code proj_drop}. Taps as in {@link io.github.steelyard.nn.Attention};
 * {@code probabilities} are those before their quantizer. Input and output [n, tokens, dimension].
 *
 * <p>Paper: Liu, Liu and Cheng, ICML 2023 (arXiv 2302.02210), Section 4.3. Costs {@code H C^2} in
 * the place of {@code 2 C^2} multiplications a token for the logits' second factor.
 */
public final class QueryKeyAttention extends Module implements Exportable {
  private final AttentionConfiguration configuration;
  private final AttentionHeads inHeads;
  private final Submodule inputQuantizer;
  private final Submodule product;
  private final Submodule productQuantizer;
  private final Submodule value;
  private final AttentionOutput output;

  /**
   * Puts the parts together.
   *
   * @param attention size and children of the attention that it replaces, quantized already
   * @param activationBits bits of activations; empty to leave them
   */
  QueryKeyAttention(AttentionParts attention, Optional<Integer> activationBits) {
    configuration = attention.configuration();
    inHeads = new AttentionHeads(configuration, attention.bias());
    attention.bias().ifPresent(windows -> windows.registerIn(this));
    Map<String, Module> parts = attention.children();
    long dimension = configuration.dimension();
    inputQuantizer =
        submodule(
            "input_quantizer",
            AttentionQuantizers.of(activationBits, Slice.TOKEN, Signedness.SIGNED, dimension));
    product = submodule("product", parts.get("product"));
    productQuantizer =
        submodule(
            "product_quantizer",
            AttentionQuantizers.ofHeads(
                activationBits, configuration.heads(), configuration.heads() * dimension));
    value = submodule("v", parts.get("v"));
    output = new AttentionOutput(attention, inHeads, activationBits, this::submodule, this::tap);
  }

  @Override
  public Tensor forward(Tensor input) {
    inHeads.requireInput(this, input);
    Tensor x = inputQuantizer.forward(input);
    if (!(productQuantizer.get() instanceof ActivationQuantizer quantizer)) {
      Tensor keys =
          product.forward(x).view(x.size(0), x.size(1) * configuration.heads(), x.size(2));
      return output.forward(products(x, keys), Optional.empty(), value.forward(x));
    }
    // The shifts of keys cost no pass: one is a bias, the other adds the same to a row of logits.
    Optional<Tensor> before = quantizer.shiftBefore().map(Parameter::value);
    Tensor factor = product.within(() -> product.get(QueryKeyProduct.class).forward(x, before));
    Tensor keys = productQuantizer.within(() -> quantizer.between(factor));
    Optional<Tensor> rows =
        quantizer
            .shiftAfter()
            .map(shift -> torch.linear(x, shift.value().view(configuration.heads(), -1)))
            .map(sums -> sums.transpose(1, 2).unsqueeze(-1));
    return output.forward(products(x, keys), rows, value.forward(x));
  }

  /** Of all heads' keys [n, tokens · heads, C] at once, since all meet the same x. */
  private Tensor products(Tensor x, Tensor keys) {
    return x.bmm(keys.transpose(1, 2))
        .view(x.size(0), x.size(1), x.size(1), configuration.heads())
        .permute(0, 3, 1, 2)
        .contiguous();
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    Optional<GraphValue> integers = exportIntegers(graph, input);
    if (integers.isPresent()) {
      return integers.get();
    }
    long[] shape = input.shape();
    GraphValue x = inputQuantizer.export(graph, input);
    GraphValue factor =
        inHeads.split(graph, productQuantizer.export(graph, product.export(graph, x)));
    GraphValue each = graph.reshape(x, GraphValue.DYNAMIC, 1, shape[1], shape[2]);
    GraphValue products = graph.matmul(each, graph.permute(factor, 0, 1, 3, 2));
    return output.export(graph, products, value.export(graph, x));
  }

  /** All products as products of integers, if they can be. */
  private Optional<GraphValue> exportIntegers(GraphBuilder graph, GraphValue input) {
    Optional<ActivationQuantizer> inputs = IntegerInput.quantizer(inputQuantizer.get());
    Optional<ActivationQuantizer> factors = IntegerInput.quantizer(productQuantizer.get());
    Optional<IntegerWeight> weight =
        product.get() instanceof QueryKeyProduct p
            ? IntegerWeight.of(p.integers())
            : Optional.empty();
    if (!graph.multipliesIntegers()
        || inputs.isEmpty()
        || factors.isEmpty()
        || weight.isEmpty()
        || !(value.get() instanceof QuantizedLinear values)
        || values.integerWeight().isEmpty()
        || !output.isInteger()) {
      return Optional.empty();
    }
    long[] shape = input.shape();
    IntegerInput x = IntegerInput.of(graph, inputs.get(), input, Factor.LEFT);
    long[] wide = {shape[0], shape[1], configuration.heads() * shape[2]};
    IntegerInput factor =
        IntegerInput.of(
            graph,
            factors.get(),
            IntegerProduct.of(graph, x, weight.get(), Optional.empty()),
            wide,
            Factor.RIGHT);
    GraphValue logits = new IntegerLogits(graph, inHeads).ofAll(x, factor);
    return Optional.of(output.exportIntegers(graph, logits, values.product(graph, x), shape));
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
    return "QueryKeyAttention("
        + configuration.dimension()
        + ", "
        + configuration.heads()
        + " heads)";
  }
}
