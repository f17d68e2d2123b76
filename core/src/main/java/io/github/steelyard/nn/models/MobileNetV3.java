package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
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
 * MobileNetV3 (Howard et al., Searching for MobileNetV3, ICCV 2019), as timm builds it: a 3x3 stem
 * of stride 2, the stages, global average pooling, a 1x1 convolution of what is left, and a linear
 * classifier. State dict and first weights are timm's. Squeeze and excitation is measured by a
 * block's inner channels, in multiples of 8, and ends in a piecewise linear sigmoid. Input [n,
 * channels, height, width], output [n, classes].
 *
 * <p>Taps: {@code stem}, {@code pooled} before the classifier, and {@code
 * blocks.<stage>.<i>.hidden}, {@code .branch} and {@code .output} of each block (a plain
 * convolution has only the last).
 */
public final class MobileNetV3 extends Module implements Exportable, InnerChannels {
  private final Submodule convStem;
  private final Submodule bn1;
  private final Submodule act1;
  private final Submodule blocks;
  private final Submodule pool;
  private final Submodule convHead;
  private final Submodule act2;
  private final Submodule dropout;
  private final Submodule classifier;
  private final Tap stem = tap("stem");
  private final Tap pooled = tap("pooled");

  /**
   * A network with random weights.
   *
   * @param configuration stages, channels and classes
   */
  public MobileNetV3(MobileNetConfiguration configuration) {
    long first = configuration.stemChannels();
    long last = configuration.headChannels();
    convStem =
        submodule("conv_stem", BasicBlock.convolution(configuration.inputChannels(), first, 3, 2));
    bn1 = submodule("bn1", new BatchNorm2d(first));
    act1 = submodule("act1", configuration.activation().module());
    blocks = submodule("blocks", MobileBlocks.of(configuration, MobileNetV3::squeeze));
    pool = submodule("global_pool", new AdaptiveAvgPool2d(Size2d.square(1)));
    convHead =
        submodule(
            "conv_head",
            new Conv2d(Conv2dConfiguration.of(configuration.blockChannels(), last, 1)));
    act2 = submodule("act2", configuration.activation().module());
    dropout = submodule("drop", new Dropout(configuration.dropout()));
    classifier = submodule("classifier", new Linear(last, configuration.classes()));
    MobileBlocks.initialize(this);
  }

  private static SqueezeExcite squeeze(MobileStage stage, double expansion, long channels) {
    long reduced = MobileBlocks.divisible(channels * stage.squeeze());
    return new SqueezeExcite(channels, reduced, Activation.RELU, Activation.HARDSIGMOID);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = stem.of(act1.forward(bn1.forward(convStem.forward(input))));
    x = act2.forward(convHead.forward(pool.forward(blocks.forward(x))));
    x = pooled.of(x.flatten(1, -1));
    return classifier.forward(dropout.forward(x));
  }

  @Override
  public List<ChannelChain> channelChains() {
    return List.of(new ChannelChain("conv_head", List.of(), "classifier"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = act1.export(graph, bn1.export(graph, convStem.export(graph, input)));
    x = pool.export(graph, blocks.export(graph, x));
    x = graph.flatten(act2.export(graph, convHead.export(graph, x)), 1);
    return classifier.export(graph, dropout.export(graph, x));
  }
}
