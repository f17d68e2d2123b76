package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Register;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The register of models: ours and those of jars on the class path. */
public final class Models {
  private static final String RESNET_PAPER =
      "He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016";

  private static final String VIT_PAPER =
      "Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021";
  private static final String DEIT_PAPER =
      "Touvron et al., Training data-efficient image transformers and distillation through"
          + " attention, ICML 2021";

  private static final String SWIN_PAPER =
      "Liu et al., Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, ICCV"
          + " 2021";

  private Models() {}

  private static Register<ModelEntry> register() {
    return Register.load("model", ModelProvider.class, ModelProvider::models);
  }

  /**
   * All models.
   *
   * @return in the order of the class path; ours with small models first within each family
   * @throws io.github.steelyard.runtime.RegisterException if a provider cannot be loaded, or two
   *     claim one name
   */
  public static List<ModelEntry> all() {
    return register().all();
  }

  /** The models of this room. */
  static List<ModelEntry> own() {
    List<ModelEntry> entries = new ArrayList<>(entries());
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
            Models::mlp),
        new ModelEntry(
            "block_mlp",
            "Independent perceptrons, one for each channel, that decide a part of the class each",
            "Bushnaq et al., The Local Interaction Basis, arXiv 2405.10928, 2024",
            932,
            images(4, 2, 3)
                .with(o -> o.hidden = List.of(16, 16))
                .with(o -> o.activation = Activation.RELU),
            Models::blocks),
        new ModelEntry(
            "modular_addition",
            "Transformer of one block, a quarter as wide as its hidden layer, that adds two numbers"
                + " modulo a prime",
            "Nanda, Chan, Lieberum, Smith and Steinhardt, Progress measures for grokking via"
                + " mechanistic interpretability, ICLR 2023",
            227_200,
            ModelOptions.none().with(o -> o.classes = 113).with(o -> o.hidden = List.of(512)),
            options -> List.of(1, 3, options.classes() + 1),
            Models::modularAddition),
        new ModelEntry(
            "conv_small",
            "Two strided convolutions and a hidden layer, without normalization: the small network"
                + " of the literature on robustness",
            "Wong and Kolter, Provable defenses against adversarial examples via the convex outer"
                + " adversarial polytope, ICML 2018",
            166_406,
            images(10, 1, 28).with(o -> o.dropout = 0.0),
            Models::convSmall),
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
            options -> resNet(options, true, List.of(3, 4, 6, 3))),
        new ModelEntry(
            "vit_mini_patch7_28",
            "Small vision transformer for 28x28 images: 16 patches, 6 blocks of dimension 64",
            VIT_PAPER,
            305_034,
            images(10, 1, 28).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> new VisionTransformer(transformer(options, 7, 64, 6, 4))),
        new ModelEntry(
            "vit_mini_patch4_32",
            "Small vision transformer for 32x32 images: 64 patches, 6 blocks of dimension 128",
            VIT_PAPER,
            1_205_898,
            images(10, 3, 32).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> new VisionTransformer(transformer(options, 4, 128, 6, 4))),
        new ModelEntry(
            "vit_small_patch16_224",
            "Vision transformer, 12 blocks of dimension 384, the size that DeiT-Small has too",
            VIT_PAPER,
            22_050_664,
            images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> new VisionTransformer(transformer(options, 16, 384, 12, 6))),
        new ModelEntry(
            "deit_tiny_patch16_224",
            "Vision transformer, 12 blocks of dimension 192",
            DEIT_PAPER,
            5_717_416,
            images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> new VisionTransformer(transformer(options, 16, 192, 12, 3))),
        new ModelEntry(
            "deit_small_patch16_224",
            "Vision transformer, 12 blocks of dimension 384",
            DEIT_PAPER,
            22_050_664,
            images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> new VisionTransformer(transformer(options, 16, 384, 12, 6))),
        new ModelEntry(
            "deit_tiny_distilled_patch16_224",
            "Vision transformer, 12 blocks of dimension 192, with a distillation token",
            DEIT_PAPER,
            5_910_800,
            images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> new DistilledVisionTransformer(transformer(options, 16, 192, 12, 3))),
        new ModelEntry(
            "deit_small_distilled_patch16_224",
            "Vision transformer, 12 blocks of dimension 384, with a distillation token",
            DEIT_PAPER,
            22_436_432,
            images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> new DistilledVisionTransformer(transformer(options, 16, 384, 12, 6))),
        new ModelEntry(
            "swin_mini_patch2_window7_28",
            "Small transformer with attention in shifted windows for 28x28 images, 4 blocks in two"
                + " stages of dimension 48 and 96",
            SWIN_PAPER,
            303_580,
            images(10, 1, 28).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> swin(options, 2, 48, List.of(2, 2), List.of(3, 6))),
        new ModelEntry(
            "swin_tiny_patch4_window7_224",
            "Transformer with attention in shifted windows, 12 blocks in four stages of dimension"
                + " 96 to 768",
            SWIN_PAPER,
            28_288_354,
            images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.1),
            options -> swin(options, 4, 96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24))),
        new ModelEntry(
            "swin_small_patch4_window7_224",
            "Transformer with attention in shifted windows, 24 blocks in four stages of dimension"
                + " 96 to 768",
            SWIN_PAPER,
            49_606_258,
            images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.1),
            options -> swin(options, 4, 96, List.of(2, 2, 18, 2), List.of(3, 6, 12, 24))));
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

  private static Module swin(
      ModelOptions options,
      long patchSize,
      long dimension,
      List<Integer> depths,
      List<Integer> heads) {
    return new SwinTransformer(
        new SwinTransformerConfiguration(
            options.imageSize(),
            patchSize,
            options.inputChannels(),
            options.classes(),
            dimension,
            depths,
            heads,
            7,
            4,
            new TransformerDropout(options.dropout(), 0, 0, 0, options.dropPath())));
  }

  private static VisionTransformerConfiguration transformer(
      ModelOptions options, long patchSize, long dimension, int depth, long heads) {
    return new VisionTransformerConfiguration(
        options.imageSize(),
        patchSize,
        options.inputChannels(),
        options.classes(),
        dimension,
        depth,
        heads,
        4,
        false,
        new TransformerDropout(options.dropout(), 0, 0, 0, options.dropPath()));
  }

  /**
   * One model.
   *
   * @param name a model's name
   * @return its entry
   * @throws IllegalArgumentException if there is no such model; the message names the nearest
   */
  public static ModelEntry get(String name) {
    return register().get(name);
  }

  /**
   * Makes a model of the usual size with random weights from libtorch's seeded generator.
   *
   * @param name a model's name, such as {@code resnet18}
   * @return a new model in training mode
   * @throws IllegalArgumentException if there is no such model; the message names the nearest
   */
  public static Module create(String name) {
    return create(name, ModelOptions.none());
  }

  /**
   * Makes a model with random weights from libtorch's seeded generator.
   *
   * @param name a model's name
   * @param options what differs from the defaults
   * @return a new model in training mode
   * @throws IllegalArgumentException if there is no such model, or an option does not suit it
   */
  public static Module create(String name, ModelOptions options) {
    return get(name).create(options);
  }

  /**
   * Counts the trainable values of any module. Tied parameters count once, frozen ones not at all.
   *
   * @param model the module
   * @return the number of values
   */
  public static long countParameters(Module model) {
    return model.namedParameters().values().stream()
        .filter(Parameter::isTrainable)
        .mapToLong(parameter -> Arrays.stream(parameter.shape()).reduce(1, (a, b) -> a * b))
        .sum();
  }
}
