package io.github.steelyard.nn.models;

import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Initialization;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * VGG-16 with batch normalization (Simonyan and Zisserman, Very Deep Convolutional Networks for
 * Large-Scale Image Recognition, ICLR 2015; Ioffe and Szegedy, ICML 2015): 13 convolutions of 3x3
 * with five poolings between them, and linear layers. With hidden layers the state dict is
 * torchvision's {@code vgg16_bn} ({@code features.0}, ..., {@code classifier.0}, {@code .3}, {@code
 * .6}); without, that of the networks for small images, whose {@code classifier} is one linear
 * layer. Weights as torchvision's: Kaiming normal by fan-out for convolutions, normal with
 * deviation 0.01 for linear layers, biases 0. Input [n, channels, height, width], sides at least
 * 32; output [n, classes].
 *
 * <p>Taps: {@code features.conv1_output} to {@code features.conv13_output} after each ReLU, {@code
 * pooled} [n, features] before the linear layers, {@code classifier.hidden1} and further ones after
 * their ReLU.
 */
public final class Vgg extends Module implements Exportable, InnerChannels {
  private final Submodule features;
  private final Submodule avgpool;
  private final Submodule flatten = submodule("flatten", new Flatten());
  private final Submodule dropout;
  private final Submodule classifier;
  private final Tap pooled = tap("pooled");

  /**
   * A network with random weights.
   *
   * @param configuration width, hidden layers and classes
   */
  public Vgg(VggConfiguration configuration) {
    VggFeatures convolutions =
        new VggFeatures(configuration.inputChannels(), configuration.width());
    features = submodule("features", convolutions);
    long side = configuration.pooledSide();
    avgpool = submodule("avgpool", new AdaptiveAvgPool2d(Size2d.square(side)));
    boolean isPlain = configuration.hidden().isEmpty();
    dropout = submodule("drop", new Dropout(isPlain ? configuration.dropout() : 0));
    long inputs = convolutions.channels() * side * side;
    classifier = submodule("classifier", classifier(configuration, inputs));
    initialize();
  }

  private static Module classifier(VggConfiguration configuration, long inputs) {
    return configuration.hidden().isEmpty()
        ? new Linear(inputs, configuration.classes())
        : new VggClassifier(configuration, inputs);
  }

  private void initialize() {
    for (Module module : namedModules().values()) {
      if (module instanceof Conv2d layer) {
        Initialization.kaimingNormalFanOut(layer.weight().tensor());
        layer.bias().ifPresent(bias -> Initialization.normal(bias.tensor(), 0));
      } else if (module instanceof Linear layer) {
        Initialization.normal(layer.weight().tensor(), 0.01);
        layer.bias().ifPresent(bias -> Initialization.normal(bias.tensor(), 0));
      }
    }
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = flatten.forward(avgpool.forward(features.forward(input)));
    return classifier.forward(dropout.forward(pooled.of(x)));
  }

  @Override
  public List<ChannelChain> channelChains() {
    String first = classifier.get() instanceof VggClassifier ? "classifier.0" : "classifier";
    return List.of(features.get(VggFeatures.class).chainTo(first));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = avgpool.export(graph, features.export(graph, input));
    x = dropout.export(graph, flatten.export(graph, x));
    return classifier.export(graph, x);
  }
}
