package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Cuts an image into normalized tokens: [n, channels, size, size] to [n, side, side, dimension].
 */
final class SwinPatchEmbed extends Module implements Exportable {
  private final SwinTransformerConfiguration configuration;
  private final Submodule projection;
  private final Submodule norm;

  SwinPatchEmbed(SwinTransformerConfiguration configuration) {
    this.configuration = configuration;
    if (configuration.imageSize() % configuration.patchSize() != 0) {
      throw new IllegalArgumentException(
          "SwinTransformer: imageSize ("
              + configuration.imageSize()
              + ") must be a multiple of patchSize ("
              + configuration.patchSize()
              + ")");
    }
    projection =
        submodule(
            "proj",
            new Conv2d(
                Conv2dConfiguration.of(
                        configuration.inputChannels(),
                        configuration.dimension(),
                        configuration.patchSize())
                    .withStride(configuration.patchSize())));
    norm = submodule("norm", new LayerNorm(configuration.dimension(), 1e-5));
  }

  long side() {
    return configuration.imageSize() / configuration.patchSize();
  }

  @Override
  public Tensor forward(Tensor input) {
    long size = configuration.imageSize();
    if (input.dim() != 4
        || input.size(1) != configuration.inputChannels()
        || input.size(2) != size
        || input.size(3) != size) {
      throw new ShapeException(
          this, "[n, " + configuration.inputChannels() + ", " + size + ", " + size + "]", input);
    }
    return norm.forward(projection.forward(input).permute(0, 2, 3, 1).contiguous());
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return norm.export(graph, graph.permute(projection.export(graph, input), 0, 2, 3, 1));
  }
}
