package io.github.steelyard.quant;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A convolution with quantized input and weight. It takes over weight and bias of the layer it
 * replaces; the bias is not quantized, and padding is with zeros after the quantizer. Parameters:
 * {@code weight} (parametrized by its quantizer), {@code bias}; children: {@code input_quantizer}
 * and, once converted, {@code weight} as {@link PackedWeight}. Input [n, in, height, width], output
 * [n, out, height', width'].
 */
public final class QuantizedConv2d extends Module implements QuantizedLayer, Exportable {
  private final Conv2dConfiguration configuration;
  private final Submodule inputQuantizer;
  private final Parameter weight;
  private final PackedWeight packed;
  private final Parameter bias;

  /**
   * Takes over a layer.
   *
   * @param convolution the layer; its weight is parametrized, so it must not be used itself any
   *     more
   * @param input how its input is quantized; empty to take the input as it is
   * @param quantizer the quantizer of its weight, {@link StatsQ} or {@link Lsq}; it must be new
   */
  public QuantizedConv2d(
      Conv2d convolution,
      Optional<ActivationQuantizerConfiguration> input,
      WeightQuantizer quantizer) {
    this(
        convolution.configuration(),
        input.map(ActivationQuantizer::new),
        QuantizedLinear.quantized(convolution.weight(), quantizer),
        null,
        convolution.bias());
  }

  private QuantizedConv2d(
      Conv2dConfiguration configuration,
      Optional<ActivationQuantizer> input,
      Parameter weight,
      PackedWeight packed,
      Optional<Parameter> bias) {
    this.configuration = configuration;
    inputQuantizer = input.map(q -> submodule("input_quantizer", q)).orElse(null);
    this.weight = weight == null ? null : parameter("weight", weight);
    this.packed = packed;
    if (packed != null) {
      submodule("weight", packed);
    }
    this.bias = bias.map(b -> parameter("bias", b)).orElse(null);
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4 || input.size(1) != configuration.inChannels()) {
      throw new ShapeException(
          this, "[n, " + configuration.inChannels() + ", height, width]", input);
    }
    Tensor x = inputQuantizer == null ? input : inputQuantizer.forward(input);
    return torch.conv2d(
        x,
        packed == null ? weight.value() : packed.value(),
        bias == null ? new TensorOptional() : new TensorOptional(bias.value()),
        configuration.stride().toArray(),
        configuration.padding().toArray(),
        configuration.dilation().toArray(),
        configuration.groups());
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.conv2d(
        inputQuantizer == null ? input : inputQuantizer.export(graph, input),
        packed == null ? weight.export(graph, "weight") : packed.unpack().export(graph, "weight"),
        bias().map(b -> b.export(graph, "bias")),
        configuration.stride().toArray(),
        configuration.padding().toArray(),
        configuration.dilation().toArray(),
        configuration.groups());
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
  public QuantizedConv2d convert() {
    return new QuantizedConv2d(
        configuration,
        inputQuantizer(),
        null,
        new PackedWeight(QuantizedWeight.of(weight).quantize()),
        bias());
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
   * Channels, kernel and how it slides.
   *
   * @return the configuration
   */
  public Conv2dConfiguration configuration() {
    return configuration;
  }

  @Override
  public String toString() {
    return "QuantizedConv2d("
        + configuration.inChannels()
        + " -> "
        + configuration.outChannels()
        + ", kernel "
        + configuration.kernel()
        + ")";
  }
}
