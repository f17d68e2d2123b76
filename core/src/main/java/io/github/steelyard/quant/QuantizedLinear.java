package io.github.steelyard.quant;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphIntegers.Factor;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Scope;
import java.util.Optional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A linear layer with quantized input and weight, {@code y = q_a(x) q_w(W)^T + b}. It takes over
 * weight and bias of the layer it replaces; the bias is not quantized. Parameters: {@code weight}
 * (parametrized by its quantizer), {@code bias}; children: {@code input_quantizer} and, once
 * converted, {@code weight} as {@link PackedWeight}. Input [..., in], output [..., out].
 */
public final class QuantizedLinear extends QuantizedModule {
  private final long inFeatures;
  private final long outFeatures;
  private IntegerLinear integers;

  /**
   * Takes over a layer.
   *
   * @param linear the layer; its weight is parametrized, so it must not be used itself any more
   * @param input how its input is quantized; empty to take the input as it is
   * @param quantizer the quantizer of its weight, such as {@link StatsQ} or {@link Lsq}; it must be
   *     new
   */
  public QuantizedLinear(
      Linear linear, Optional<ActivationQuantizerConfiguration> input, WeightQuantizer quantizer) {
    this(
        LayerParts.of(input, linear.weight(), quantizer, linear.bias()),
        linear.inFeatures(),
        linear.outFeatures());
  }

  private QuantizedLinear(LayerParts parts, long inFeatures, long outFeatures) {
    super(parts);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() == 0 || input.size(input.dim() - 1) != inFeatures) {
      throw new ShapeException(this, "[..., " + inFeatures + "]", input);
    }
    return Scope.compute(
        () ->
            integers != null && !GradMode.is_enabled()
                ? integers.forward(input).orElseGet(() -> product(input))
                : product(input));
  }

  /** The input's shift after quantization goes into the bias, which is a pass over x less. */
  private Tensor product(Tensor input) {
    Tensor w = parts().weight();
    Optional<Tensor> bias = bias().map(Parameter::value);
    Optional<ActivationQuantizer> quantizer = inputQuantizer();
    Optional<Parameter> shift = quantizer.flatMap(ActivationQuantizer::shiftAfter);
    if (shift.isEmpty()) {
      return linear(input().forward(input), w, bias);
    }
    Tensor moved = w.matmul(shift.get().value());
    return linear(
        input().within(() -> quantizer.get().unshifted(input)),
        w,
        Optional.of(bias.map(moved::add).orElse(moved)));
  }

  private static Tensor linear(Tensor x, Tensor weight, Optional<Tensor> bias) {
    return bias.isEmpty()
        ? torch.linear(x, weight)
        : torch.linear(x, weight, new TensorOptional(bias.get()));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    Optional<IntegerProduct> product =
        integerQuantizer(graph)
            .map(q -> product(graph, IntegerInput.of(graph, q, input, Factor.LEFT)));
    return product.isPresent() ? product.get().value(graph) : exportFloat(graph, input);
  }

  /** The same for an input that is itself a product of integers, of this shape. */
  GraphValue export(GraphBuilder graph, IntegerProduct input, long[] shape) {
    ActivationQuantizer quantizer = integerQuantizer(graph).orElseThrow();
    return product(graph, IntegerInput.of(graph, quantizer, input, shape, Factor.LEFT))
        .value(graph);
  }

  private GraphValue exportFloat(GraphBuilder graph, GraphValue input) {
    GraphValue w = parts().exportWeight(graph);
    Optional<GraphValue> bias = parts().exportBias(graph);
    Optional<ActivationQuantizer> quantizer = inputQuantizer();
    Optional<Parameter> shift = quantizer.flatMap(ActivationQuantizer::shiftAfter);
    if (shift.isEmpty()) {
      return graph.linear(input().export(graph, input), w, bias);
    }
    Tensor value = parts().weight().matmul(shift.get().value());
    GraphValue moved = graph.constant("shift_after", value);
    return graph.linear(
        graph.within("input_quantizer", () -> quantizer.get().exportUnshifted(graph, input)),
        w,
        Optional.of(bias.map(b -> graph.add(b, moved)).orElse(moved)));
  }

  /** Multiplies integers from now on where no gradient is recorded. */
  void setIntegers(IntegerLinear product) {
    integers = product;
  }

  boolean multipliesIntegers() {
    return integers != null;
  }

  /** What quantizes the input, if the product can be one of integers. */
  Optional<ActivationQuantizer> integerQuantizer(GraphBuilder graph) {
    return graph.multipliesIntegers() && integerWeight().isPresent()
        ? IntegerInput.quantizer(input().get())
        : Optional.empty();
  }

  /** The weight as numbers of a byte, if it can be written so. */
  Optional<IntegerWeight> integerWeight() {
    return IntegerWeight.of(parts().integers());
  }

  /** The product with a quantized input. */
  IntegerProduct product(GraphBuilder graph, IntegerInput input) {
    return product(graph, input, 0, outFeatures);
  }

  /** The product with a quantized input for some of the outputs. */
  IntegerProduct product(GraphBuilder graph, IntegerInput input, long first, long count) {
    return IntegerProduct.of(
        graph,
        input,
        integerWeight().orElseThrow().rows(first, count),
        bias().map(b -> b.value().narrow(0, first, count)));
  }

  @Override
  public QuantizedLinear convert() {
    return new QuantizedLinear(converted(), inFeatures, outFeatures);
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
    return "QuantizedLinear(" + inFeatures + " -> " + outFeatures + ")";
  }
}
