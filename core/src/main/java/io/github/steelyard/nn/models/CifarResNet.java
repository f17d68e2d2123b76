package io.github.steelyard.nn.models;

import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Dropout;
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
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Residual network for small images (He et al., CVPR 2016, section 4.2): a 3x3 stem, three stages
 * of {@code n} basic blocks with 16, 32 and 64 channels, global average pooling and a linear head;
 * depth {@code 6 n + 2}. Shortcuts between stages have no parameters: every second pixel, zeros for
 * the new channels (the paper's option A). State dict names and first weights (Kaiming normal by
 * fan-in) are those of the widely used {@code pytorch_resnet_cifar10} by Y. Idelbayev: {@code
 * conv1}, {@code bn1}, {@code layer1.0.conv1}, ..., {@code linear}. Input [n, channels, height,
 * width], output [n, classes].
 *
 * <p>Taps: {@code stem}, {@code pooled} before the head, and {@code layer<k>.<i>.hidden}, {@code
 * .branch} and {@code .output} of each block.
 */
public final class CifarResNet extends Module implements Exportable {
  private final Submodule conv1;
  private final Submodule bn1;
  private final Submodule relu;
  private final Submodule layer1;
  private final Submodule layer2;
  private final Submodule layer3;
  private final Submodule avgpool;
  private final Submodule dropout;
  private final Submodule linear;
  private final Tap stem = tap("stem");
  private final Tap pooled = tap("pooled");

  /**
   * A network with random weights.
   *
   * @param configuration blocks, channels and classes
   */
  public CifarResNet(CifarResNetConfiguration configuration) {
    long width = configuration.width();
    int blocks = configuration.blocksPerStage();
    conv1 =
        submodule(
            "conv1",
            BasicBlock.convolution(
                configuration.inputChannels(), width, 3, configuration.stemStride()));
    bn1 = submodule("bn1", new BatchNorm2d(width));
    relu = submodule("relu", new ReLU());
    layer1 = submodule("layer1", stage(blocks, width, width, 1));
    layer2 = submodule("layer2", stage(blocks, width, 2 * width, 2));
    layer3 = submodule("layer3", stage(blocks, 2 * width, 4 * width, 2));
    avgpool = submodule("avgpool", new AdaptiveAvgPool2d(Size2d.square(1)));
    dropout = submodule("drop", new Dropout(configuration.dropout()));
    linear = submodule("linear", new Linear(4 * width, configuration.classes()));
    for (Module module : namedModules().values()) {
      if (module instanceof Conv2d layer) {
        Initialization.kaimingNormalFanIn(layer.weight().tensor());
      } else if (module instanceof Linear layer) {
        Initialization.kaimingNormalFanIn(layer.weight().tensor());
      }
    }
  }

  private static Sequential stage(int blocks, long inChannels, long outChannels, long stride) {
    Module[] modules = new Module[blocks];
    for (int i = 0; i < blocks; i++) {
      long from = i == 0 ? inChannels : outChannels;
      Optional<Module> shortcut =
          from == outChannels
              ? Optional.empty()
              : Optional.of(new SubsampleShortcut(stride, outChannels - from));
      modules[i] = new BasicBlock(from, outChannels, i == 0 ? stride : 1, "shortcut", shortcut);
    }
    return new Sequential(modules);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = stem.of(relu.forward(bn1.forward(conv1.forward(input))));
    x = layer3.forward(layer2.forward(layer1.forward(x)));
    x = pooled.of(avgpool.forward(x).flatten(1, -1));
    return linear.forward(dropout.forward(x));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = relu.export(graph, bn1.export(graph, conv1.export(graph, input)));
    x = layer3.export(graph, layer2.export(graph, layer1.export(graph, x)));
    x = graph.flatten(avgpool.export(graph, x), 1);
    return linear.export(graph, dropout.export(graph, x));
  }
}
