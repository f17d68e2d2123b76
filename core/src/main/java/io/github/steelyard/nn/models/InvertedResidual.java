package io.github.steelyard.nn.models;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.DropPath;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.SqueezeExcite;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A 1x1 convolution to more channels, a depthwise convolution, squeeze and excitation if wanted,
 * and a linear 1x1 convolution (Sandler et al., MobileNetV2, CVPR 2018), with a shortcut where the
 * shapes allow it. Names are timm's. Taps: {@code hidden} before the last convolution, {@code
 * branch} before the shortcut is added, {@code output}.
 */
final class InvertedResidual extends Module implements Exportable, InnerChannels {
  private final boolean hasShortcut;
  private final Submodule expansion;
  private final Submodule bn1;
  private final Submodule act1;
  private final Submodule depthwise;
  private final Submodule bn2;
  private final Submodule act2;
  private final Submodule squeeze;
  private final Submodule projection;
  private final Submodule bn3;
  private final Submodule dropPath;
  private final Tap hidden = tap("hidden");
  private final Tap branch = tap("branch");
  private final Tap output = tap("output");

  InvertedResidual(
      MobileStage stage,
      long inChannels,
      long inner,
      long stride,
      double path,
      Optional<Module> squeeze) {
    hasShortcut = stride == 1 && inChannels == stage.channels();
    expansion = submodule("conv_pw", BasicBlock.convolution(inChannels, inner, 1, 1));
    bn1 = submodule("bn1", new BatchNorm2d(inner));
    act1 = submodule("act1", stage.activation().module());
    depthwise = submodule("conv_dw", MobileBlocks.depthwise(inner, stage.kernel(), stride));
    bn2 = submodule("bn2", new BatchNorm2d(inner));
    act2 = submodule("act2", stage.activation().module());
    this.squeeze = submodule("se", squeeze.orElseGet(Identity::new));
    projection = submodule("conv_pwl", BasicBlock.convolution(inner, stage.channels(), 1, 1));
    bn3 = submodule("bn3", new BatchNorm2d(stage.channels()));
    dropPath = submodule("drop_path", new DropPath(path));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = act1.forward(bn1.forward(expansion.forward(input)));
    x = act2.forward(bn2.forward(depthwise.forward(x)));
    x = hidden.of(squeeze.forward(x));
    x = branch.of(bn3.forward(projection.forward(x)));
    return output.of(hasShortcut ? dropPath.forward(x).add(input) : x);
  }

  @Override
  public List<ChannelChain> channelChains() {
    List<String> between = new ArrayList<>(List.of("bn1", "conv_dw", "bn2"));
    if (squeeze.get() instanceof SqueezeExcite) {
      between.add("se");
    }
    return List.of(new ChannelChain("conv_pw", between, "conv_pwl"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = act1.export(graph, bn1.export(graph, expansion.export(graph, input)));
    x = act2.export(graph, bn2.export(graph, depthwise.export(graph, x)));
    x = projection.export(graph, squeeze.export(graph, x));
    x = bn3.export(graph, x);
    return hasShortcut ? graph.add(dropPath.export(graph, x), input) : x;
  }
}
