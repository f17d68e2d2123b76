package io.github.steelyard.nn.models;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A 1x1, a 3x3 (which has the stride, as torchvision does it) and a 1x1 convolution and a shortcut
 * (He et al., CVPR 2016). Taps: {@code hidden} after the second ReLU, {@code branch} before the
 * shortcut is added, {@code output} after the last ReLU.
 */
final class Bottleneck extends Module implements Exportable, InnerChannels {
  /** The block's output has this many times the channels of its 3x3 convolution. */
  static final long EXPANSION = 4;

  private final Submodule conv1;
  private final Submodule bn1;
  private final Submodule act1;
  private final Submodule conv2;
  private final Submodule bn2;
  private final Submodule act2;
  private final Submodule conv3;
  private final Submodule bn3;
  private final Submodule act3;
  private final Submodule downsample;
  private final Tap hidden = tap("hidden");
  private final Tap branch = tap("branch");
  private final Tap output = tap("output");

  Bottleneck(long inChannels, long width, long stride, Optional<Module> downsample) {
    conv1 = submodule("conv1", BasicBlock.convolution(inChannels, width, 1, 1));
    bn1 = submodule("bn1", new BatchNorm2d(width));
    act1 = submodule("act1", new ReLU());
    conv2 = submodule("conv2", BasicBlock.convolution(width, width, 3, stride));
    bn2 = submodule("bn2", new BatchNorm2d(width));
    act2 = submodule("act2", new ReLU());
    conv3 = submodule("conv3", BasicBlock.convolution(width, width * EXPANSION, 1, 1));
    bn3 = submodule("bn3", new BatchNorm2d(width * EXPANSION));
    act3 = submodule("act3", new ReLU());
    this.downsample = downsample.map(module -> submodule("downsample", module)).orElse(null);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = act1.forward(bn1.forward(conv1.forward(input)));
    x = hidden.of(act2.forward(bn2.forward(conv2.forward(x))));
    x = branch.of(bn3.forward(conv3.forward(x)));
    Tensor skipped = downsample == null ? input : downsample.forward(input);
    return output.of(act3.forward(x.add(skipped)));
  }

  @Override
  public List<ChannelChain> channelChains() {
    return List.of(
        new ChannelChain("conv1", List.of("bn1"), "conv2"),
        new ChannelChain("conv2", List.of("bn2"), "conv3"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = act1.export(graph, bn1.export(graph, conv1.export(graph, input)));
    x = act2.export(graph, bn2.export(graph, conv2.export(graph, x)));
    x = bn3.export(graph, conv3.export(graph, x));
    GraphValue skipped = downsample == null ? input : downsample.export(graph, input);
    return act3.export(graph, graph.add(x, skipped));
  }
}
