package io.github.steelyard.nn.models;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/** A convolution with normalization and activation, timm's ConvBnAct. Tap: {@code output}. */
final class ConvolutionBlock extends Module implements Exportable {
  private final Submodule conv;
  private final Submodule bn1;
  private final Submodule act1;
  private final Tap output = tap("output");

  ConvolutionBlock(MobileStage stage, long inChannels, long stride) {
    conv =
        submodule(
            "conv", BasicBlock.convolution(inChannels, stage.channels(), stage.kernel(), stride));
    bn1 = submodule("bn1", new BatchNorm2d(stage.channels()));
    act1 = submodule("act1", stage.activation().module());
  }

  @Override
  public Tensor forward(Tensor input) {
    return output.of(act1.forward(bn1.forward(conv.forward(input))));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return act1.export(graph, bn1.export(graph, conv.export(graph, input)));
  }
}
