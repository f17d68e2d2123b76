package io.github.steelyard.nn.models;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.InnerChannels;
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
 * Two 3x3 convolutions, each after a normalization and a ReLU (He et al., Identity Mappings in Deep
 * Residual Networks, ECCV 2016). Where the channels change, the shortcut is a 1x1 convolution of
 * what the first ReLU gives; otherwise it is the input itself. Taps: {@code hidden} after the
 * second ReLU, {@code branch} before the shortcut is added, {@code output}.
 */
final class PreActivationBlock extends Module implements Exportable, InnerChannels {
  private final Submodule bn1;
  private final Submodule relu1;
  private final Submodule conv1;
  private final Submodule bn2;
  private final Submodule relu2;
  private final Submodule dropout;
  private final Submodule conv2;
  private final Submodule shortcut;
  private final Tap hidden = tap("hidden");
  private final Tap branch = tap("branch");
  private final Tap output = tap("output");

  PreActivationBlock(long inChannels, long outChannels, long stride, double dropout) {
    bn1 = submodule("bn1", new BatchNorm2d(inChannels));
    relu1 = submodule("relu1", new ReLU());
    conv1 = submodule("conv1", BasicBlock.convolution(inChannels, outChannels, 3, stride));
    bn2 = submodule("bn2", new BatchNorm2d(outChannels));
    relu2 = submodule("relu2", new ReLU());
    this.dropout = submodule("drop", new Dropout(dropout));
    conv2 = submodule("conv2", BasicBlock.convolution(outChannels, outChannels, 3, 1));
    shortcut =
        inChannels == outChannels
            ? null
            : submodule("convShortcut", BasicBlock.convolution(inChannels, outChannels, 1, stride));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor activated = relu1.forward(bn1.forward(input));
    Tensor x = hidden.of(relu2.forward(bn2.forward(conv1.forward(activated))));
    x = branch.of(conv2.forward(dropout.forward(x)));
    return output.of(x.add(shortcut == null ? input : shortcut.forward(activated)));
  }

  @Override
  public List<ChannelChain> channelChains() {
    return List.of(new ChannelChain("conv1", List.of("bn2"), "conv2"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue activated = relu1.export(graph, bn1.export(graph, input));
    GraphValue x = relu2.export(graph, bn2.export(graph, conv1.export(graph, activated)));
    x = conv2.export(graph, dropout.export(graph, x));
    return graph.add(x, shortcut == null ? input : shortcut.export(graph, activated));
  }
}
