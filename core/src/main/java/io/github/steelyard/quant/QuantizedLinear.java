package io.github.steelyard.quant;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Scope;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A linear layer with quantized input and weight, {@code y = q_a(x) q_w(W)^T + b}. It takes over
 * weight and bias of the layer it replaces; the bias is not quantized. Parameters: {@code weight}
 * (parametrized by its quantizer), {@code bias}; children: {@code input_quantizer} and, once
 * converted, {@code weight} as {@link PackedWeight}. Input [..., in], output [..., out].
 */
public final class QuantizedLinear extends Module implements QuantizedLayer, Exportable {
  private final Submodule inputQuantizer;
  private final Parameter weight;
  private final PackedWeight packed;
  private final Parameter bias;
  private final long inFeatures;
  private final long outFeatures;

  /**
   * Takes over a layer.
   *
   * @param linear the layer; its weight is parametrized, so it must not be used itself any more
   * @param input how its input is quantized; empty to take the input as it is
   * @param quantizer the quantizer of its weight, {@link StatsQ} or {@link Lsq}; it must be new
   */
  public QuantizedLinear(
      Linear linear, Optional<ActivationQuantizerConfiguration> input, WeightQuantizer quantizer) {
    this(
        input.map(ActivationQuantizer::new),
        quantized(linear.weight(), quantizer),
        null,
        linear.bias(),
        linear.inFeatures(),
        linear.outFeatures());
  }

  private QuantizedLinear(
      Optional<ActivationQuantizer> input,
      Parameter weight,
      PackedWeight packed,
      Optional<Parameter> bias,
      long inFeatures,
      long outFeatures) {
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    inputQuantizer = input.map(q -> submodule("input_quantizer", q)).orElse(null);
    this.weight = weight == null ? null : parameter("weight", weight);
    this.packed = packed;
    if (packed != null) {
      submodule("weight", packed);
    }
    this.bias = bias.map(b -> parameter("bias", b)).orElse(null);
  }

  /** Puts the quantizer on a weight, unless the weight is tied and has been given one already. */
  static Parameter quantized(Parameter weight, WeightQuantizer quantizer) {
    boolean tied =
        weight.parametrizations().stream().anyMatch(map -> map instanceof WeightQuantizer);
    if (!tied) {
      weight.parametrize((Parametrization) quantizer);
    }
    return weight;
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() == 0 || input.size(input.dim() - 1) != inFeatures) {
      throw new ShapeException(this, "[..., " + inFeatures + "]", input);
    }
    return Scope.compute(() -> product(input));
  }

  /** The input's shift after quantization goes into the bias, which is a pass over x less. */
  private Tensor product(Tensor input) {
    Tensor w = packed == null ? weight.value() : packed.value();
    Optional<Tensor> shifted = bias().map(Parameter::value);
    if (shift().isEmpty()) {
      return linear(inputQuantizer == null ? input : inputQuantizer.forward(input), w, shifted);
    }
    Tensor moved = w.matmul(shift().get().value());
    ActivationQuantizer quantizer = inputQuantizer.get(ActivationQuantizer.class);
    return linear(
        inputQuantizer.within(() -> quantizer.unshifted(input)),
        w,
        Optional.of(shifted.map(moved::add).orElse(moved)));
  }

  private static Tensor linear(Tensor x, Tensor weight, Optional<Tensor> bias) {
    return bias.isEmpty()
        ? torch.linear(x, weight)
        : torch.linear(x, weight, new TensorOptional(bias.get()));
  }

  private Optional<Parameter> shift() {
    return inputQuantizer != null && inputQuantizer.get() instanceof ActivationQuantizer quantizer
        ? quantizer.shiftAfter()
        : Optional.empty();
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue w =
        packed == null ? weight.export(graph, "weight") : packed.unpack().export(graph, "weight");
    Optional<GraphValue> added = bias().map(b -> b.export(graph, "bias"));
    if (shift().isEmpty()) {
      return graph.linear(
          inputQuantizer == null ? input : inputQuantizer.export(graph, input), w, added);
    }
    Tensor value = packed == null ? weight.value() : packed.value();
    GraphValue moved = graph.constant("shift_after", value.matmul(shift().get().value()));
    ActivationQuantizer quantizer = inputQuantizer.get(ActivationQuantizer.class);
    return graph.linear(
        graph.within("input_quantizer", () -> quantizer.exportUnshifted(graph, input)),
        w,
        Optional.of(added.map(b -> graph.add(b, moved)).orElse(moved)));
  }

  @Override
  public Optional<QuantizedWeight> quantizedWeight() {
    return Optional.ofNullable(weight).map(QuantizedWeight::of);
  }

  @Override
  public Optional<PackedWeight> packedWeight() {
    return Optional.ofNullable(packed);
  }

  @Override
  public QuantizedLinear convert() {
    return new QuantizedLinear(
        inputQuantizer(),
        null,
        new PackedWeight(QuantizedWeight.of(weight).quantize()),
        bias(),
        inFeatures,
        outFeatures);
  }

  /**
   * What quantizes the input.
   *
   * @return the quantizer, or empty if the input is taken as it is
   */
  public Optional<ActivationQuantizer> inputQuantizer() {
    return Optional.ofNullable(inputQuantizer).map(place -> place.get(ActivationQuantizer.class));
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
    return "QuantizedLinear(" + inFeatures + " -> " + outFeatures + ")";
  }
}
