package io.github.steelyard.nn.models;

import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Initialization;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.MaxPool2d;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Residual network for large images, as torchvision builds it (He et al., Deep Residual Learning
 * for Image Recognition, CVPR 2016): a 7x7 stem, four stages, global average pooling and a linear
 * head. The state dict is torchvision's. Weights: Kaiming normal by fan-out for convolutions,
 * PyTorch's default for the head. Input [n, channels, height, width], 224x224 by default and at
 * least 33x33 to be useful; output [n, classes].
 *
 * <p>Taps: {@code stem} after the first pooling, {@code pooled} before the head, and {@code
 * layer<k>.<i>.hidden}, {@code .branch} and {@code .output} of each block.
 */
public final class ResNet extends Module implements Exportable {
  private final Submodule conv1;
  private final Submodule bn1;
  private final Submodule relu;
  private final Submodule maxpool;
  private final Submodule layer1;
  private final Submodule layer2;
  private final Submodule layer3;
  private final Submodule layer4;
  private final Submodule avgpool;
  private final Submodule fc;
  private final Tap stem = tap("stem");
  private final Tap pooled = tap("pooled");

  /**
   * A network with random weights.
   *
   * @param configuration blocks, channels and classes
   */
  public ResNet(ResNetConfiguration configuration) {
    conv1 = submodule("conv1", BasicBlock.convolution(configuration.inputChannels(), 64, 7, 2));
    bn1 = submodule("bn1", new BatchNorm2d(64));
    relu = submodule("relu", new ReLU());
    maxpool = submodule("maxpool", new MaxPool2d(3, 2, 1));
    long expansion = configuration.bottleneck() ? Bottleneck.EXPANSION : 1;
    layer1 = submodule("layer1", stage(configuration, 0, 64, 64, 1));
    layer2 = submodule("layer2", stage(configuration, 1, 64 * expansion, 128, 2));
    layer3 = submodule("layer3", stage(configuration, 2, 128 * expansion, 256, 2));
    layer4 = submodule("layer4", stage(configuration, 3, 256 * expansion, 512, 2));
    avgpool = submodule("avgpool", new AdaptiveAvgPool2d(Size2d.square(1)));
    fc = submodule("fc", new Linear(512 * expansion, configuration.classes()));
    for (Module module : namedModules().values()) {
      if (module instanceof Conv2d convolution) {
        Initialization.kaimingNormalFanOut(convolution.weight().tensor());
      }
    }
  }

  private static Sequential stage(
      ResNetConfiguration configuration, int index, long inChannels, long width, long stride) {
    long outChannels = configuration.bottleneck() ? width * Bottleneck.EXPANSION : width;
    Module[] blocks = new Module[configuration.blocks().get(index)];
    for (int i = 0; i < blocks.length; i++) {
      long from = i == 0 ? inChannels : outChannels;
      long step = i == 0 ? stride : 1;
      Optional<Module> downsample =
          step != 1 || from != outChannels
              ? Optional.of(
                  new Sequential(
                      BasicBlock.convolution(from, outChannels, 1, step),
                      new BatchNorm2d(outChannels)))
              : Optional.empty();
      blocks[i] =
          configuration.bottleneck()
              ? new Bottleneck(from, width, step, downsample)
              : new BasicBlock(from, width, step, "downsample", downsample);
    }
    return new Sequential(blocks);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = relu.forward(bn1.forward(conv1.forward(input)));
    x = stem.of(maxpool.forward(x));
    x = layer4.forward(layer3.forward(layer2.forward(layer1.forward(x))));
    x = pooled.of(avgpool.forward(x).flatten(1, -1));
    return fc.forward(x);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = relu.export(graph, bn1.export(graph, conv1.export(graph, input)));
    x = layer2.export(graph, layer1.export(graph, maxpool.export(graph, x)));
    x = layer4.export(graph, layer3.export(graph, x));
    return fc.export(graph, graph.flatten(avgpool.export(graph, x), 1));
  }
}
