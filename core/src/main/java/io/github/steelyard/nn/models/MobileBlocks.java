package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Initialization;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.SqueezeExcite;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Builds the blocks of mobile networks as timm does, and draws their first weights. */
final class MobileBlocks {
  private MobileBlocks() {}

  /** How a network makes squeeze and excitation. */
  @FunctionalInterface
  interface Squeezing {
    /** For so many channels inside a block of a stage that has it. */
    SqueezeExcite of(MobileStage stage, double expansion, long channels);
  }

  /** All stages; the path dropout grows from block to block. */
  static Sequential of(MobileNetConfiguration configuration, Squeezing squeezing) {
    int blocks = configuration.stages().stream().mapToInt(stage -> stage.expansions().size()).sum();
    int done = 0;
    long channels = configuration.stemChannels();
    List<Module> stages = new ArrayList<>();
    for (MobileStage stage : configuration.stages()) {
      Module[] modules = new Module[stage.expansions().size()];
      for (int i = 0; i < modules.length; i++) {
        double path = configuration.dropPath() * done / blocks;
        modules[i] = block(stage, i, channels, path, squeezing);
        channels = stage.channels();
        done++;
      }
      stages.add(new Sequential(modules));
    }
    return new Sequential(stages.toArray(new Module[0]));
  }

  private static Module block(
      MobileStage stage, int index, long inChannels, double path, Squeezing squeezing) {
    long stride = index == 0 ? stage.stride() : 1;
    double expansion = stage.expansions().get(index);
    boolean inverted = stage.kind() == MobileStage.Kind.INVERTED;
    long inner = inverted ? divisible(inChannels * expansion) : inChannels;
    Optional<Module> squeeze =
        stage.squeeze() > 0 ? Optional.of(squeezing.of(stage, expansion, inner)) : Optional.empty();
    return switch (stage.kind()) {
      case CONVOLUTION -> new ConvolutionBlock(stage, inChannels, stride);
      case SEPARABLE -> new SeparableBlock(stage, inChannels, stride, path, squeeze);
      case INVERTED -> new InvertedResidual(stage, inChannels, inner, stride, path, squeeze);
    };
  }

  /** A depthwise convolution that keeps the map's size but for the stride. */
  static Conv2d depthwise(long channels, long kernel, long stride) {
    return new Conv2d(
        Conv2dConfiguration.of(channels, channels, kernel)
            .withStride(stride)
            .withPadding(kernel / 2)
            .withGroups(channels)
            .withoutBias());
  }

  /** The nearest multiple of 8 that is not below nine tenths, as all these networks round. */
  static long divisible(double channels) {
    long rounded = Math.max(8, (long) (channels + 4) / 8 * 8);
    return rounded < 0.9 * channels ? rounded + 8 : rounded;
  }

  /**
   * Weights as timm's: convolutions normal with variance 2 / fan-out of their group, linear layers
   * uniform in ±1/sqrt(outputs), biases 0.
   */
  static void initialize(Module model) {
    for (Module module : model.namedModules().values()) {
      if (module instanceof Conv2d layer) {
        Conv2dConfiguration c = layer.configuration();
        double area = (double) c.kernel().height() * c.kernel().width();
        double fanOut = area * c.outChannels() / c.groups();
        Initialization.normal(layer.weight().tensor(), Math.sqrt(2 / fanOut));
        layer.bias().ifPresent(bias -> Initialization.normal(bias.tensor(), 0));
      } else if (module instanceof Linear layer) {
        Initialization.uniform(
            layer.weight().tensor(), 1 / Math.sqrt((double) layer.outFeatures()));
        layer.bias().ifPresent(bias -> Initialization.normal(bias.tensor(), 0));
      }
    }
  }
}
