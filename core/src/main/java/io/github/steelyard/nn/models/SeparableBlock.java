package io.github.steelyard.nn.models;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.DropPath;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A depthwise convolution and a linear 1x1 convolution (Howard et al., MobileNets, 2017), timm's
 * DepthwiseSeparableConv, with a shortcut where the shapes allow it. Taps: {@code hidden} before
 * the 1x1 convolution, {@code branch} before the shortcut is added, {@code output}.
 */
final class SeparableBlock extends Module implements Exportable {
  private final boolean hasShortcut;
  private final Submodule depthwise;
  private final Submodule bn1;
  private final Submodule act1;
  private final Submodule squeeze;
  private final Submodule pointwise;
  private final Submodule bn2;
  private final Submodule dropPath;
  private final Tap hidden = tap("hidden");
  private final Tap branch = tap("branch");
  private final Tap output = tap("output");

  SeparableBlock(
      MobileStage stage, long inChannels, long stride, double path, Optional<Module> squeeze) {
    hasShortcut = stride == 1 && inChannels == stage.channels();
    depthwise = submodule("conv_dw", MobileBlocks.depthwise(inChannels, stage.kernel(), stride));
    bn1 = submodule("bn1", new BatchNorm2d(inChannels));
    act1 = submodule("act1", stage.activation().module());
    this.squeeze = submodule("se", squeeze.orElseGet(Identity::new));
    pointwise = submodule("conv_pw", BasicBlock.convolution(inChannels, stage.channels(), 1, 1));
    bn2 = submodule("bn2", new BatchNorm2d(stage.channels()));
    dropPath = submodule("drop_path", new DropPath(path));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = act1.forward(bn1.forward(depthwise.forward(input)));
    x = hidden.of(squeeze.forward(x));
    x = branch.of(bn2.forward(pointwise.forward(x)));
    return output.of(hasShortcut ? dropPath.forward(x).add(input) : x);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = act1.export(graph, bn1.export(graph, depthwise.export(graph, input)));
    x = pointwise.export(graph, squeeze.export(graph, x));
    x = bn2.export(graph, x);
    return hasShortcut ? graph.add(dropPath.export(graph, x), input) : x;
  }
}
