package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Module;
import java.util.ArrayList;
import java.util.List;

/** Brings the models of this room: perceptrons and residual networks, and the other two lists. */
public final class OwnModels implements ModelProvider {
  private static final String RESNET_PAPER =
      "He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016";

  /** Called by {@link java.util.ServiceLoader}. */
  public OwnModels() {}

  @Override
  public List<ModelEntry> models() {
    List<ModelEntry> entries = new ArrayList<>(entries());
    entries.addAll(TransformerModels.entries());
    entries.addAll(ConvolutionalModels.entries());
    entries.replaceAll(
        entry -> {
          InputConfiguration input = InputConfiguration.ofPretrained(entry.name());
          return input == null ? entry : entry.withInput(input);
        });
    return entries;
  }

  private static List<ModelEntry> entries() {
    return List.of(
        new ModelEntry(
            "mlp",
            "Multilayer perceptron: linear layers with an activation between them",
            "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors,"
                + " Nature 1986",
            269_322,
            images(10, 1, 28)
                .with(o -> o.hidden = List.of(256, 256))
                .with(o -> o.activation = Activation.RELU)
                .with(o -> o.dropout = 0.0),
            OwnModels::mlp),
        new ModelEntry(
            "block_mlp",
            "Independent perceptrons, one for each channel, that decide a part of the class each",
            "Bushnaq et al., The Local Interaction Basis, arXiv 2405.10928, 2024",
            932,
            images(4, 2, 3)
                .with(o -> o.hidden = List.of(16, 16))
                .with(o -> o.activation = Activation.RELU),
            OwnModels::blocks),
        new ModelEntry(
            "modular_addition",
            "Transformer of one block, a quarter as wide as its hidden layer, that adds two numbers"
                + " modulo a prime",
            "Nanda, Chan, Lieberum, Smith and Steinhardt, Progress measures for grokking via"
                + " mechanistic interpretability, ICLR 2023",
            227_200,
            ModelOptions.none().with(o -> o.classes = 113).with(o -> o.hidden = List.of(512)),
            options -> List.of(1, 3, options.classes() + 1),
            OwnModels::modularAddition),
        new ModelEntry(
            "conv_small",
            "Two strided convolutions and a hidden layer, without normalization: the small network"
                + " of the literature on robustness",
            "Wong and Kolter, Provable defenses against adversarial examples via the convex outer"
                + " adversarial polytope, ICML 2018",
            166_406,
            images(10, 1, 28).with(o -> o.dropout = 0.0),
            OwnModels::convSmall),
        new ModelEntry(
            "resnet8",
            "Small residual network for 28x28 images with a strided stem: seconds per epoch on a"
                + " processor",
            RESNET_PAPER,
            75_002,
            images(10, 1, 28).with(o -> o.dropout = 0.0),
            options -> cifarResNet(options, 1, 2)),
        new ModelEntry(
            "resnet20",
            "Residual network for 32x32 images, 20 layers, shortcuts without parameters",
            RESNET_PAPER,
            269_722,
            images(10, 3, 32).with(o -> o.dropout = 0.0),
            options -> cifarResNet(options, 3, 1)),
        new ModelEntry(
            "resnet32",
            "Residual network for 32x32 images, 32 layers, shortcuts without parameters",
            RESNET_PAPER,
            464_154,
            images(10, 3, 32).with(o -> o.dropout = 0.0),
            options -> cifarResNet(options, 5, 1)),
        new ModelEntry(
            "resnet18",
            "Residual network for 224x224 images, 18 layers of basic blocks",
            RESNET_PAPER,
            11_689_512,
            images(1000, 3, 224),
            options -> resNet(options, false, List.of(2, 2, 2, 2))),
        new ModelEntry(
            "resnet34",
            "Residual network for 224x224 images, 34 layers of basic blocks",
            RESNET_PAPER,
            21_797_672,
            images(1000, 3, 224),
            options -> resNet(options, false, List.of(3, 4, 6, 3))),
        new ModelEntry(
            "resnet50",
            "Residual network for 224x224 images, 50 layers of bottleneck blocks",
            RESNET_PAPER,
            25_557_032,
            images(1000, 3, 224),
            options -> resNet(options, true, List.of(3, 4, 6, 3))));
  }

  static ModelOptions images(int classes, int channels, int size) {
    return ModelOptions.none()
        .with(o -> o.classes = classes)
        .with(o -> o.inputChannels = channels)
        .with(o -> o.imageSize = size);
  }

  private static Module mlp(ModelOptions options) {
    long inputs = (long) options.inputChannels() * options.imageSize() * options.imageSize();
    return new MultilayerPerceptron(
        new MultilayerPerceptronConfiguration(
            inputs, options.hidden(), options.classes(), options.activation(), options.dropout()));
  }

  private static Module blocks(ModelOptions options) {
    return new BlockPerceptron(
        BlockPerceptronConfiguration.ofClasses(
            options.inputChannels(),
            (long) options.imageSize() * options.imageSize(),
            options.hidden(),
            options.classes(),
            options.activation()));
  }

  private static Module modularAddition(ModelOptions options) {
    if (options.hidden().size() != 1 || options.hidden().get(0) % 16 != 0) {
      throw new IllegalArgumentException(
          "the model 'modular_addition' has one hidden layer, a multiple of 16 wide for its four"
              + " heads, such as hidden: [512], but hidden is "
              + options.hidden());
    }
    int width = options.hidden().get(0);
    return new ModularAdditionTransformer(options.classes(), width / 4, 4, width);
  }

  private static Module convSmall(ModelOptions options) {
    return new SmallConvNet(
        new SmallConvNetConfiguration(
            options.imageSize(), options.inputChannels(), options.classes(), options.dropout()));
  }

  private static Module cifarResNet(ModelOptions options, int blocks, long stemStride) {
    return new CifarResNet(
        new CifarResNetConfiguration(
            blocks, 16, stemStride, options.inputChannels(), options.classes(), options.dropout()));
  }

  private static Module resNet(ModelOptions options, boolean bottleneck, List<Integer> blocks) {
    return new ResNet(
        new ResNetConfiguration(bottleneck, blocks, options.inputChannels(), options.classes()));
  }
}
