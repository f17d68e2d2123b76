package io.github.steelyard.nn.models;

import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The small convolutional network of the literature on robustness (Wong and Kolter, ICML 2018; the
 * "small" network of later work): two 4x4 convolutions of stride 2 with 16 and 32 channels, a
 * hidden layer of 100 and a linear head, ReLU between them, no normalization. State dict {@code
 * conv1}, {@code conv2}, {@code fc1}, {@code fc2}. A pass costs about a twentieth of {@code
 * resnet8}, which makes studies with attacks affordable. Input [n, channels, size, size], output
 * [n, classes].
 *
 * <p>Taps: {@code conv1_output} and {@code conv2_output} after their ReLU, {@code input} of {@code
 * fc1} after flattening, {@code hidden} after its ReLU.
 */
public final class SmallConvNet extends Module implements Exportable, InnerChannels {
  private static final long HIDDEN = 100;

  private final Submodule conv1;
  private final Submodule act1 = submodule("act1", new ReLU());
  private final Submodule conv2;
  private final Submodule act2 = submodule("act2", new ReLU());
  private final Submodule flatten = submodule("flatten", new Flatten());
  private final Submodule fc1;
  private final Submodule act3 = submodule("act3", new ReLU());
  private final Submodule dropout;
  private final Submodule fc2;
  private final Tap first = tap("conv1_output");
  private final Tap second = tap("conv2_output");
  private final Tap flattened = tap("input");
  private final Tap hidden = tap("hidden");

  /**
   * A network with random weights.
   *
   * @param configuration size of the input, classes and dropout
   */
  public SmallConvNet(SmallConvNetConfiguration configuration) {
    conv1 = submodule("conv1", convolution(configuration.inputChannels(), 16));
    conv2 = submodule("conv2", convolution(16, 32));
    long side = configuration.imageSize() / 2 / 2;
    fc1 = submodule("fc1", new Linear(32 * side * side, HIDDEN));
    dropout = submodule("drop", new Dropout(configuration.dropout()));
    fc2 = submodule("fc2", new Linear(HIDDEN, configuration.classes()));
  }

  private static Conv2d convolution(long inChannels, long outChannels) {
    return new Conv2d(
        Conv2dConfiguration.of(inChannels, outChannels, 4).withStride(2).withPadding(1));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = first.of(act1.forward(conv1.forward(input)));
    x = second.of(act2.forward(conv2.forward(x)));
    x = hidden.of(act3.forward(fc1.forward(flattened.of(flatten.forward(x)))));
    return fc2.forward(dropout.forward(x));
  }

  @Override
  public List<ChannelChain> channelChains() {
    return List.of(
        new ChannelChain("conv1", List.of(), "conv2"),
        new ChannelChain("conv2", List.of(), "fc1"),
        new ChannelChain("fc1", List.of(), "fc2"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = act1.export(graph, conv1.export(graph, input));
    x = flatten.export(graph, act2.export(graph, conv2.export(graph, x)));
    x = act3.export(graph, fc1.export(graph, x));
    return fc2.export(graph, dropout.export(graph, x));
  }
}
