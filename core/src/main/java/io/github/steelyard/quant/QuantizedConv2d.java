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
  private final LayerParts parts;
  private final Submodule inputQuantizer;

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
        LayerParts.of(input, convolution.weight(), quantizer, convolution.bias()));
  }

  private QuantizedConv2d(Conv2dConfiguration configuration, LayerParts parts) {
    this.configuration = configuration;
    this.parts = parts;
    inputQuantizer = submodule("input_quantizer", parts.input());
    parts.latent().ifPresent(weight -> parameter("weight", weight));
    parts.packed().ifPresent(weight -> submodule("weight", weight));
    parts.bias().ifPresent(bias -> parameter("bias", bias));
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4 || input.size(1) != configuration.inChannels()) {
      throw new ShapeException(
          this, "[n, " + configuration.inChannels() + ", height, width]", input);
    }
    return torch.conv2d(
        inputQuantizer.forward(input),
        parts.weight(),
        parts.bias().map(b -> new TensorOptional(b.value())).orElseGet(TensorOptional::new),
        configuration.stride().toArray(),
        configuration.padding().toArray(),
        configuration.dilation().toArray(),
        configuration.groups());
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.conv2d(
        inputQuantizer.export(graph, input),
        parts.exportWeight(graph),
        parts.exportBias(graph),
        configuration.stride().toArray(),
        configuration.padding().toArray(),
        configuration.dilation().toArray(),
        configuration.groups());
  }

  @Override
  public Optional<QuantizedWeight> quantizedWeight() {
    return parts.quantizedWeight();
  }

  @Override
  public Optional<PackedWeight> packedWeight() {
    return parts.packed();
  }

  @Override
  public QuantizedConv2d convert() {
    return new QuantizedConv2d(configuration, parts.converted(inputQuantizer.get()));
  }

  /**
   * What quantizes the input.
   *
   * @return the quantizer, or empty if the input is taken as it is
   */
  public Optional<ActivationQuantizer> inputQuantizer() {
    return inputQuantizer.get() instanceof ActivationQuantizer quantizer
        ? Optional.of(quantizer)
        : Optional.empty();
  }

  /**
   * The bias.
   *
   * @return the parameter, [out], or empty
   */
  public Optional<Parameter> bias() {
    return parts.bias();
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
