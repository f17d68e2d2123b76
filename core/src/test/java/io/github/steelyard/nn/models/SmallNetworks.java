package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Module;
import java.util.List;

/** Networks of every family of convolutional ones that are as small as their kind allows. */
public final class SmallNetworks {
  private SmallNetworks() {}

  /** Ten classes. */
  public static Module wideResNet(long inputChannels) {
    return new WideResNet(new WideResNetConfiguration(10, 1, inputChannels, 10, 0));
  }

  /** One channel, ten classes. */
  public static Module vgg(List<Integer> hidden) {
    return new Vgg(new VggConfiguration(4, hidden.isEmpty() ? 1 : 2, hidden, 1, 10, 0));
  }

  /** Two channels, five classes. */
  public static Module mobileNetV2() {
    Activation act = Activation.RELU6;
    return new EfficientNet(
        mobile(
            8,
            40,
            act,
            MobileStage.separable(1, 16, 0, act),
            MobileStage.inverted(2, 3, 2, 24, 0, act)));
  }

  /** Two channels, five classes. */
  public static Module efficientNet() {
    Activation act = Activation.SILU;
    return new EfficientNet(
        mobile(
            8,
            40,
            act,
            MobileStage.separable(1, 16, 0.25, act),
            MobileStage.inverted(2, 5, 2, 24, 0.25, act)));
  }

  /** Two channels, five classes. */
  public static Module mobileNetV3() {
    Activation act = Activation.HARDSWISH;
    return new MobileNetV3(
        mobile(
            16,
            48,
            act,
            MobileStage.separable(2, 16, 0.25, Activation.RELU),
            MobileStage.inverted(List.of(4.5, 3.67), 5, 2, 24, 0.25, act),
            MobileStage.pointwise(40, act)));
  }

  private static MobileNetConfiguration mobile(
      long stem, long head, Activation activation, MobileStage... stages) {
    return new MobileNetConfiguration(stem, List.of(stages), head, activation, 2, 5, 0, 0);
  }

  /** Two channels, five classes; a layer scale that does not hide the blocks. */
  public static Module convNeXt() {
    return new ConvNeXt(
        new ConvNeXtConfiguration(List.of(1, 2, 1, 1), List.of(8, 12, 16, 20), 0.5, 2, 5, 0, 0));
  }
}
