package io.github.steelyard.nn.models;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
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
 * Two 3x3 convolutions and a shortcut (He et al., CVPR 2016). Taps: {@code hidden} after the first
 * ReLU, {@code branch} before the shortcut is added, {@code output} after the last ReLU.
 */
final class BasicBlock extends Module implements Exportable, InnerChannels {
  private final Submodule conv1;
  private final Submodule bn1;
  private final Submodule act1;
  private final Submodule conv2;
  private final Submodule bn2;
  private final Submodule act2;
  private final Submodule shortcut;
  private final Tap hidden = tap("hidden");
  private final Tap branch = tap("branch");
  private final Tap output = tap("output");

  /** A shortcut without a module passes the input on. */
  BasicBlock(
      long inChannels,
      long outChannels,
      long stride,
      String shortcutName,
      Optional<Module> shortcut) {
    conv1 = submodule("conv1", convolution(inChannels, outChannels, 3, stride));
    bn1 = submodule("bn1", new BatchNorm2d(outChannels));
    act1 = submodule("act1", new ReLU());
    conv2 = submodule("conv2", convolution(outChannels, outChannels, 3, 1));
    bn2 = submodule("bn2", new BatchNorm2d(outChannels));
    act2 = submodule("act2", new ReLU());
    this.shortcut = shortcut.map(module -> submodule(shortcutName, module)).orElse(null);
  }

  /** A convolution before a batch normalization: odd kernel, padded to keep the size. */
  static Conv2d convolution(long inChannels, long outChannels, long kernel, long stride) {
    return new Conv2d(
        Conv2dConfiguration.of(inChannels, outChannels, kernel)
            .withStride(stride)
            .withPadding(kernel / 2)
            .withoutBias());
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = hidden.of(act1.forward(bn1.forward(conv1.forward(input))));
    x = branch.of(bn2.forward(conv2.forward(x)));
    Tensor skipped = shortcut == null ? input : shortcut.forward(input);
    return output.of(act2.forward(x.add(skipped)));
  }

  @Override
  public List<ChannelChain> channelChains() {
    return List.of(new ChannelChain("conv1", List.of("bn1"), "conv2"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = act1.export(graph, bn1.export(graph, conv1.export(graph, input)));
    x = bn2.export(graph, conv2.export(graph, x));
    GraphValue skipped = shortcut == null ? input : shortcut.export(graph, input);
    return act2.export(graph, graph.add(x, skipped));
  }
}
