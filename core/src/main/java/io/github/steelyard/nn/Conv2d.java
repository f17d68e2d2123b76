package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in the field). Parameters: {@code
 * weight} [out, in / groups, kernel height, kernel width] and {@code bias} [out], both uniform in
 * ±1/sqrt(fan-in) at first. Input [n, in, height, width], output [n, out, height', width'] with
 * {@code height' = floor((height + 2 padding - dilation (kernel - 1) - 1) / stride) + 1}.
 */
public final class Conv2d extends Module implements Exportable {
  private final Conv2dConfiguration configuration;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * A layer with random weights.
   *
   * @param configuration channels, kernel and how it slides
   */
  public Conv2d(Conv2dConfiguration configuration) {
    this.configuration = configuration;
    weight =
        parameter(
            "weight",
            Initialization.empty(
                configuration.outChannels(),
                configuration.inChannels() / configuration.groups(),
                configuration.kernel().height(),
                configuration.kernel().width()));
    bias =
        configuration.bias()
            ? parameter("bias", Initialization.empty(configuration.outChannels()))
            : null;
    Initialization.kaimingUniform(weight.tensor());
    if (bias != null) {
      Initialization.defaultBias(bias.tensor(), weight.tensor());
    }
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4
        || input.size(1) != configuration.inChannels()
        || isTooSmall(input.size(2), input.size(3))) {
      throw new ShapeException(this, expectedShape(), input);
    }
    return torch.conv2d(
        input,
        weight.value(),
        bias == null ? new TensorOptional() : new TensorOptional(bias.value()),
        configuration.stride().toArray(),
        configuration.padding().toArray(),
        configuration.dilation().toArray(),
        configuration.groups());
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.conv2d(
        input,
        weight.export(graph, "weight"),
        bias().map(b -> b.export(graph, "bias")),
        configuration.stride().toArray(),
        configuration.padding().toArray(),
        configuration.dilation().toArray(),
        configuration.groups());
  }

  private boolean isTooSmall(long height, long width) {
    return height < smallestHeight() || width < smallestWidth();
  }

  private long smallestHeight() {
    return configuration.dilation().height() * (configuration.kernel().height() - 1)
        + 1
        - 2 * configuration.padding().height();
  }

  private long smallestWidth() {
    return configuration.dilation().width() * (configuration.kernel().width() - 1)
        + 1
        - 2 * configuration.padding().width();
  }

  private String expectedShape() {
    return "[n, "
        + configuration.inChannels()
        + ", height >= "
        + Math.max(1, smallestHeight())
        + ", width >= "
        + Math.max(1, smallestWidth())
        + "]";
  }

  /**
   * Channels, kernel and how it slides.
   *
   * @return the configuration
   */
  public Conv2dConfiguration configuration() {
    return configuration;
  }

  /**
   * Whether each output channel sees one input channel, its own.
   *
   * @return true if inputs, outputs and groups are as many
   */
  public boolean isDepthwise() {
    return configuration.groups() == configuration.inChannels()
        && configuration.groups() == configuration.outChannels();
  }

  /**
   * The weight.
   *
   * @return the parameter, [out, in / groups, kernel height, kernel width]
   */
  public Parameter weight() {
    return weight;
  }

  /**
   * The bias.
   *
   * @return the parameter, [out], or empty
   */
  public Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  @Override
  public String toString() {
    return "Conv2d("
        + configuration.inChannels()
        + " -> "
        + configuration.outChannels()
        + ", kernel "
        + configuration.kernel()
        + ")";
  }
}
