package io.github.steelyard.nn.models;

import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Joins each two by two tokens into one, with timm's names {@code norm} and {@code reduction}: [n,
 * height, width, C] to [n, height / 2, width / 2, 2 C]. An odd side gets a row of zeros.
 */
final class PatchMerging extends Module implements Exportable {
  private final long dimension;
  private final Submodule norm;
  private final Submodule reduction;

  PatchMerging(long dimension) {
    this.dimension = dimension;
    norm = submodule("norm", new LayerNorm(4 * dimension, 1e-5));
    reduction = submodule("reduction", new Linear(4 * dimension, 2 * dimension, false));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = input;
    long oddHeight = x.size(1) % 2;
    long oddWidth = x.size(2) % 2;
    if (oddHeight + oddWidth > 0) {
      x = torch.constant_pad_nd(x, 0, 0, 0, oddWidth, 0, oddHeight);
    }
    x =
        x.reshape(x.size(0), x.size(1) / 2, 2, x.size(2) / 2, 2, dimension)
            .permute(0, 1, 3, 4, 2, 5)
            .flatten(3, -1);
    return reduction.forward(norm.forward(x));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = input;
    x = graph.pad(x, 1, 0, x.shape()[1] % 2);
    x = graph.pad(x, 2, 0, x.shape()[2] % 2);
    long height = x.shape()[1] / 2;
    long width = x.shape()[2] / 2;
    x = graph.reshape(x, GraphValue.DYNAMIC, height, 2, width, 2, dimension);
    x = graph.permute(x, 0, 1, 3, 4, 2, 5);
    x = graph.reshape(x, GraphValue.DYNAMIC, height, width, 4 * dimension);
    return reduction.export(graph, norm.export(graph, x));
  }
}
