package io.github.steelyard.nn.models;

import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Initialization;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Wide residual network for small images (Zagoruyko and Komodakis, Wide Residual Networks, BMVC
 * 2016), the usual network of the literature on adversarial robustness: a 3x3 stem with 16
 * channels, three stages of pre-activation blocks, normalization, global average pooling and a
 * linear head. The state dict is that of the networks of RobustBench and TRADES: {@code conv1},
 * {@code block1.layer.0.bn1}, {@code .conv1}, {@code .convShortcut}, {@code bn1}, {@code fc}.
 * Weights: Kaiming normal by fan-out for convolutions; of the head PyTorch's default, its bias 0.
 * Images are taken as they are: some networks of RobustBench normalize them first. Input [n,
 * channels, height, width], output [n, classes].
 *
 * <p>Taps: {@code stem}, {@code pooled} before the head, and {@code block<k>.layer.<i>.hidden},
 * {@code .branch} and {@code .output} of each block.
 */
public final class WideResNet extends Module implements Exportable {
  private final Submodule conv1;
  private final Submodule block1;
  private final Submodule block2;
  private final Submodule block3;
  private final Submodule bn1;
  private final Submodule relu;
  private final Submodule avgpool;
  private final Submodule fc;
  private final Tap stem = tap("stem");
  private final Tap pooled = tap("pooled");

  /** The blocks of a stage, which the state dict has in a place named {@code layer}. */
  private static final class Stage extends Module implements Exportable {
    private final Submodule layer;

    Stage(WideResNetConfiguration configuration, long inChannels, long channels, long stride) {
      Module[] blocks = new Module[configuration.blocksPerStage()];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] =
            new PreActivationBlock(
                i == 0 ? inChannels : channels,
                channels,
                i == 0 ? stride : 1,
                configuration.dropout());
      }
      layer = submodule("layer", new Sequential(blocks));
    }

    @Override
    public Tensor forward(Tensor input) {
      return layer.forward(input);
    }

    @Override
    public GraphValue export(GraphBuilder graph, GraphValue input) {
      return layer.export(graph, input);
    }
  }

  /**
   * A network with random weights.
   *
   * @param configuration depth, width, channels and classes
   */
  public WideResNet(WideResNetConfiguration configuration) {
    long width = configuration.width();
    conv1 = submodule("conv1", BasicBlock.convolution(configuration.inputChannels(), 16, 3, 1));
    block1 = submodule("block1", new Stage(configuration, 16, 16 * width, 1));
    block2 = submodule("block2", new Stage(configuration, 16 * width, 32 * width, 2));
    block3 = submodule("block3", new Stage(configuration, 32 * width, 64 * width, 2));
    bn1 = submodule("bn1", new BatchNorm2d(64 * width));
    relu = submodule("relu", new ReLU());
    avgpool = submodule("avgpool", new AdaptiveAvgPool2d(Size2d.square(1)));
    Linear head = new Linear(64 * width, configuration.classes());
    fc = submodule("fc", head);
    for (Module module : namedModules().values()) {
      if (module instanceof Conv2d convolution) {
        Initialization.kaimingNormalFanOut(convolution.weight().tensor());
      }
    }
    head.bias().ifPresent(bias -> Initialization.normal(bias.tensor(), 0));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = stem.of(conv1.forward(input));
    x = block3.forward(block2.forward(block1.forward(x)));
    x = avgpool.forward(relu.forward(bn1.forward(x)));
    return fc.forward(pooled.of(x.flatten(1, -1)));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = block1.export(graph, conv1.export(graph, input));
    x = block3.export(graph, block2.export(graph, x));
    x = avgpool.export(graph, relu.export(graph, bn1.export(graph, x)));
    return fc.export(graph, graph.flatten(x, 1));
  }
}
