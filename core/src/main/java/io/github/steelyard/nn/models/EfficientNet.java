package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.SqueezeExcite;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Network of inverted residual blocks: EfficientNet (Tan and Le, ICML 2019) and, with ReLU6 and
 * without squeeze and excitation, MobileNetV2 (Sandler et al., CVPR 2018), both of which are timm's
 * {@code EfficientNet}: a 3x3 stem of stride 2, the stages, a 1x1 convolution, global average
 * pooling and a linear classifier. State dict and first weights are timm's. Squeeze and excitation
 * is measured by a block's input and ends in a sigmoid. Input [n, channels, height, width], output
 * [n, classes].
 *
 * <p>Taps: {@code stem}, {@code pooled} before the classifier, and {@code
 * blocks.<stage>.<i>.hidden}, {@code .branch} and {@code .output} of each block.
 */
public final class EfficientNet extends Module implements Exportable, InnerChannels {
  private final Submodule convStem;
  private final Submodule bn1;
  private final Submodule act1;
  private final Submodule blocks;
  private final Submodule convHead;
  private final Submodule bn2;
  private final Submodule act2;
  private final Submodule pool;
  private final Submodule dropout;
  private final Submodule classifier;
  private final Tap stem = tap("stem");
  private final Tap pooled = tap("pooled");

  /**
   * A network with random weights.
   *
   * @param configuration stages, channels and classes
   */
  public EfficientNet(MobileNetConfiguration configuration) {
    long first = configuration.stemChannels();
    long last = configuration.headChannels();
    convStem =
        submodule("conv_stem", BasicBlock.convolution(configuration.inputChannels(), first, 3, 2));
    bn1 = submodule("bn1", new BatchNorm2d(first));
    act1 = submodule("act1", configuration.activation().module());
    blocks = submodule("blocks", MobileBlocks.of(configuration, EfficientNet::squeeze));
    convHead =
        submodule("conv_head", BasicBlock.convolution(configuration.blockChannels(), last, 1, 1));
    bn2 = submodule("bn2", new BatchNorm2d(last));
    act2 = submodule("act2", configuration.activation().module());
    pool = submodule("global_pool", new AdaptiveAvgPool2d(Size2d.square(1)));
    dropout = submodule("drop", new Dropout(configuration.dropout()));
    classifier = submodule("classifier", new Linear(last, configuration.classes()));
    MobileBlocks.initialize(this);
  }

  private static SqueezeExcite squeeze(MobileStage stage, double expansion, long channels) {
    // Python's rounding, to the even number.
    double reduced = Math.rint(channels * stage.squeeze() / expansion);
    return new SqueezeExcite(
        channels, Math.max(1, (long) reduced), stage.activation(), Activation.SIGMOID);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = stem.of(act1.forward(bn1.forward(convStem.forward(input))));
    x = act2.forward(bn2.forward(convHead.forward(blocks.forward(x))));
    x = pooled.of(pool.forward(x).flatten(1, -1));
    return classifier.forward(dropout.forward(x));
  }

  @Override
  public List<ChannelChain> channelChains() {
    return List.of(new ChannelChain("conv_head", List.of("bn2"), "classifier"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = act1.export(graph, bn1.export(graph, convStem.export(graph, input)));
    x = convHead.export(graph, blocks.export(graph, x));
    x = pool.export(graph, act2.export(graph, bn2.export(graph, x)));
    return classifier.export(graph, dropout.export(graph, graph.flatten(x, 1)));
  }
}
