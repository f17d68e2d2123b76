package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Squeeze and excitation (Hu, Shen and Sun, Squeeze-and-Excitation Networks, CVPR 2018): each
 * channel is multiplied by a factor that a small network computes from the means of all channels,
 * {@code y = x gate(expand(act(reduce(mean(x)))))}. Names are timm's: {@code conv_reduce} and
 * {@code conv_expand}, 1x1 convolutions with bias. Input and output [n, channels, height, width].
 *
 * <p>Tap: {@code gates}, the factors, [n, channels, 1, 1].
 */
public final class SqueezeExcite extends Module implements Exportable {
  /** Where the layer is whose inputs are the channels. */
  public static final String REDUCE = "conv_reduce";

  /** Where the layer is whose outputs are the channels' factors. */
  public static final String EXPAND = "conv_expand";

  private final Submodule reduce;
  private final Submodule act;
  private final Submodule expand;
  private final Submodule gate;
  private final Tap gates = tap("gates");

  /**
   * A layer with random weights.
   *
   * @param channels number of channels, at least 1
   * @param reduced number of channels between the two convolutions, at least 1
   * @param activation between the two convolutions
   * @param gate makes the factors
   * @throws IllegalArgumentException if a number is below 1
   */
  public SqueezeExcite(long channels, long reduced, Activation activation, Activation gate) {
    Checks.atLeast(1, channels, "SqueezeExcite", "channels");
    Checks.atLeast(1, reduced, "SqueezeExcite", "reduced");
    reduce = submodule(REDUCE, new Conv2d(Conv2dConfiguration.of(channels, reduced, 1)));
    act = submodule("act1", activation.module());
    expand = submodule(EXPAND, new Conv2d(Conv2dConfiguration.of(reduced, channels, 1)));
    this.gate = submodule("gate", gate.module());
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4) {
      throw new ShapeException(this, "[n, channels, height, width]", input);
    }
    Tensor x = input.mean(new long[] {2, 3}, true, new ScalarTypeOptional());
    x = expand.forward(act.forward(reduce.forward(x)));
    return input.mul(gates.of(gate.forward(x)));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = graph.mean(input, 2, 3);
    x = expand.export(graph, act.export(graph, reduce.export(graph, x)));
    return graph.mul(input, gate.export(graph, x));
  }
}
