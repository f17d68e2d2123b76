package io.github.steelyard.quant;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.ShapeException;
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
public final class QuantizedConv2d extends QuantizedModule {
  private final Conv2dConfiguration configuration;

  /**
   * Takes over a layer.
   *
   * @param convolution the layer; its weight is parametrized, so it must not be used itself any
   *     more
   * @param input how its input is quantized; empty to take the input as it is
   * @param quantizer the quantizer of its weight, such as {@link StatsQ} or {@link Lsq}; it must be
   *     new
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
    super(parts);
    this.configuration = configuration;
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4 || input.size(1) != configuration.inChannels()) {
      throw new ShapeException(
          this, "[n, " + configuration.inChannels() + ", height, width]", input);
    }
    return torch.conv2d(
        input().forward(input),
        parts().weight(),
        parts().bias().map(b -> new TensorOptional(b.value())).orElseGet(TensorOptional::new),
        configuration.stride().toArray(),
        configuration.padding().toArray(),
        configuration.dilation().toArray(),
        configuration.groups());
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return IntegerPatches.of(this, graph, input).orElseGet(() -> exportFloat(graph, input));
  }

  private GraphValue exportFloat(GraphBuilder graph, GraphValue input) {
    return graph.conv2d(
        input().export(graph, input),
        parts().exportWeight(graph),
        parts().exportBias(graph),
        configuration.stride().toArray(),
        configuration.padding().toArray(),
        configuration.dilation().toArray(),
        configuration.groups());
  }

  @Override
  public QuantizedConv2d convert() {
    return new QuantizedConv2d(configuration, converted());
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
