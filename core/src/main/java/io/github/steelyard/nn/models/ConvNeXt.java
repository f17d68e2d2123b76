package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Initialization;
import io.github.steelyard.nn.LayerNorm2d;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Convolutional network in the manner of a transformer (Liu et al., A ConvNet for the 2020s, CVPR
 * 2022), as timm builds it: patches of 4x4 pixels, stages of depthwise convolutions and
 * perceptrons, halved maps between them. State dict and first weights are timm's: layers normal
 * with deviation 0.02, biases 0, layer scales 1e-6. Input [n, channels, height, width], output [n,
 * classes].
 *
 * <p>Taps: {@code stem}, {@code head.pooled} before the classifier; for block {@code j} of stage
 * {@code i}: {@code stages.i.blocks.j.residual_pre}, {@code .residual_post} and {@code
 * .mlp.hidden}.
 */
public final class ConvNeXt extends Module implements Exportable {
  private final Submodule patches;
  private final Submodule stages;
  private final Submodule head;
  private final Tap stem = tap("stem");

  /**
   * A network with random weights.
   *
   * @param configuration stages, channels and classes
   */
  public ConvNeXt(ConvNeXtConfiguration configuration) {
    long channels = configuration.channels().get(0);
    patches =
        submodule(
            "stem",
            new Sequential(
                new Conv2d(
                    Conv2dConfiguration.of(configuration.inputChannels(), channels, 4)
                        .withStride(4)),
                new LayerNorm2d(channels)));
    Module[] all = new Module[configuration.depths().size()];
    int blocks = configuration.depths().stream().mapToInt(Integer::intValue).sum();
    int done = 0;
    for (int i = 0; i < all.length; i++) {
      long next = configuration.channels().get(i);
      Module[] stage = new Module[configuration.depths().get(i)];
      for (int j = 0; j < stage.length; j++) {
        double path = blocks == 1 ? 0 : configuration.dropPath() * done / (blocks - 1);
        stage[j] = new ConvNeXtBlock(next, configuration.layerScale(), path);
        done++;
      }
      Module downsample = i == 0 ? new Identity() : downsample(channels, next);
      all[i] = new DownsampledStage(downsample, new Sequential(stage));
      channels = next;
    }
    stages = submodule("stages", new Sequential(all));
    head =
        submodule(
            "head", new ConvNeXtHead(channels, configuration.classes(), configuration.dropout()));
    VisionTransformer.initializeLinear(this);
    for (Module module : namedModules().values()) {
      if (module instanceof Conv2d layer) {
        Initialization.truncatedNormal(layer.weight().tensor(), 0.02);
        layer.bias().ifPresent(bias -> Initialization.normal(bias.tensor(), 0));
      }
    }
  }

  private static Module downsample(long from, long to) {
    return new Sequential(
        new LayerNorm2d(from), new Conv2d(Conv2dConfiguration.of(from, to, 2).withStride(2)));
  }

  @Override
  public Tensor forward(Tensor input) {
    return head.forward(stages.forward(stem.of(patches.forward(input))));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return head.export(graph, stages.export(graph, patches.export(graph, input)));
  }
}
