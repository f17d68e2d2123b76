package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Module;
import java.util.List;

/** Rows of the register: convolutional networks other than residual ones of the first kind. */
final class ConvolutionalModels {
  private static final String WIDE_PAPER =
      "Zagoruyko and Komodakis, Wide Residual Networks, BMVC 2016";
  private static final String VGG_PAPER =
      "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition,"
          + " ICLR 2015";

  private ConvolutionalModels() {}

  static List<ModelEntry> entries() {
    return List.of(
        new ModelEntry(
            "wide_resnet40_4",
            "Wide residual network for 32x32 images, 40 layers, four times as wide as a plain one",
            WIDE_PAPER,
            8_949_210,
            OwnModels.images(10, 3, 32)
                .with(o -> o.dropout = 0.0)
                .with(o -> o.depth = 40)
                .with(o -> o.width = 4),
            ConvolutionalModels::wideResNet),
        new ModelEntry(
            "wide_resnet28_10",
            "Wide residual network for 32x32 images, 28 layers, ten times as wide as a plain one:"
                + " the usual network of the literature on adversarial robustness",
            WIDE_PAPER,
            36_479_194,
            OwnModels.images(10, 3, 32)
                .with(o -> o.dropout = 0.0)
                .with(o -> o.depth = 28)
                .with(o -> o.width = 10),
            ConvolutionalModels::wideResNet),
        new ModelEntry(
            "vgg16_bn_cifar",
            "VGG-16 for 32x32 images: 13 convolutions with batch normalization, one linear layer",
            VGG_PAPER,
            14_728_266,
            OwnModels.images(10, 3, 32).with(o -> o.dropout = 0.0).with(o -> o.width = 64),
            options -> vgg(options, options.width(), 1, List.of())),
        new ModelEntry(
            "vgg16_bn",
            "VGG-16 for 224x224 images: 13 convolutions with batch normalization, three linear"
                + " layers",
            VGG_PAPER,
            138_365_992,
            OwnModels.images(1000, 3, 224)
                .with(o -> o.dropout = 0.5)
                .with(o -> o.hidden = List.of(4096, 4096)),
            options -> vgg(options, 64, 7, options.hidden())),
        new ModelEntry(
            "mobilenetv2_100",
            "Inverted residual blocks with ReLU6 for 224x224 images",
            "Sandler, Howard, Zhu, Zhmoginov and Chen, MobileNetV2: Inverted Residuals and Linear"
                + " Bottlenecks, CVPR 2018",
            3_504_872,
            mobile(),
            ConvolutionalModels::mobileNetV2),
        new ModelEntry(
            "mobilenetv3_small_100",
            "Inverted residual blocks with hard swish, squeeze and excitation for 224x224 images",
            "Howard et al., Searching for MobileNetV3, ICCV 2019",
            2_542_856,
            mobile(),
            ConvolutionalModels::mobileNetV3Small),
        new ModelEntry(
            "efficientnet_b0",
            "Inverted residual blocks with swish, squeeze and excitation for 224x224 images",
            "Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks,"
                + " ICML 2019",
            5_288_548,
            mobile(),
            ConvolutionalModels::efficientNetB0),
        new ModelEntry(
            "convnext_tiny",
            "Depthwise 7x7 convolutions and perceptrons on pixels, 18 blocks in four stages of 96 to"
                + " 768 channels",
            "Liu, Mao, Wu, Feichtenhofer, Darrell and Xie, A ConvNet for the 2020s, CVPR 2022",
            28_589_128,
            mobile(),
            ConvolutionalModels::convNeXtTiny));
  }

  private static ModelOptions mobile() {
    return OwnModels.images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0);
  }

  private static Module wideResNet(ModelOptions options) {
    return new WideResNet(
        new WideResNetConfiguration(
            options.depth(),
            options.width(),
            options.inputChannels(),
            options.classes(),
            options.dropout()));
  }

  private static Module vgg(ModelOptions options, long width, long side, List<Integer> hidden) {
    return new Vgg(
        new VggConfiguration(
            width, side, hidden, options.inputChannels(), options.classes(), options.dropout()));
  }

  private static MobileNetConfiguration mobile(
      ModelOptions options,
      long stemChannels,
      long headChannels,
      Activation activation,
      MobileStage... stages) {
    return new MobileNetConfiguration(
        stemChannels,
        List.of(stages),
        headChannels,
        activation,
        options.inputChannels(),
        options.classes(),
        options.dropout(),
        options.dropPath());
  }

  private static Module mobileNetV2(ModelOptions options) {
    Activation act = Activation.RELU6;
    return new EfficientNet(
        mobile(
            options,
            32,
            1280,
            act,
            MobileStage.separable(1, 16, 0, act),
            MobileStage.inverted(2, 3, 2, 24, 0, act),
            MobileStage.inverted(3, 3, 2, 32, 0, act),
            MobileStage.inverted(4, 3, 2, 64, 0, act),
            MobileStage.inverted(3, 3, 1, 96, 0, act),
            MobileStage.inverted(3, 3, 2, 160, 0, act),
            MobileStage.inverted(1, 3, 1, 320, 0, act)));
  }

  private static Module efficientNetB0(ModelOptions options) {
    Activation act = Activation.SILU;
    return new EfficientNet(
        mobile(
            options,
            32,
            1280,
            act,
            MobileStage.separable(1, 16, 0.25, act),
            MobileStage.inverted(2, 3, 2, 24, 0.25, act),
            MobileStage.inverted(2, 5, 2, 40, 0.25, act),
            MobileStage.inverted(3, 3, 2, 80, 0.25, act),
            MobileStage.inverted(3, 5, 1, 112, 0.25, act),
            MobileStage.inverted(4, 5, 2, 192, 0.25, act),
            MobileStage.inverted(1, 3, 1, 320, 0.25, act)));
  }

  private static Module mobileNetV3Small(ModelOptions options) {
    Activation relu = Activation.RELU;
    Activation swish = Activation.HARDSWISH;
    return new MobileNetV3(
        mobile(
            options,
            16,
            1024,
            swish,
            MobileStage.separable(2, 16, 0.25, relu),
            MobileStage.inverted(List.of(4.5, 3.67), 3, 2, 24, 0, relu),
            MobileStage.inverted(List.of(4.0, 6.0, 6.0), 5, 2, 40, 0.25, swish),
            MobileStage.inverted(List.of(3.0, 3.0), 5, 1, 48, 0.25, swish),
            MobileStage.inverted(3, 5, 2, 96, 0.25, swish),
            MobileStage.pointwise(576, swish)));
  }

  private static Module convNeXtTiny(ModelOptions options) {
    return new ConvNeXt(
        new ConvNeXtConfiguration(
            List.of(3, 3, 9, 3),
            List.of(96, 192, 384, 768),
            1e-6,
            options.inputChannels(),
            options.classes(),
            options.dropout(),
            options.dropPath()));
  }
}
