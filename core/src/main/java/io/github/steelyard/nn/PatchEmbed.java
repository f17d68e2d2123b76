package io.github.steelyard.nn;

import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * Cuts an image into square patches and maps each to a token (Dosovitskiy et al., ICLR 2021), with
 * timm's name: {@code proj}, a convolution whose stride is its kernel. Input [n, channels, image
 * size, image size], output [n, patches, dimension], row by row.
 */
public final class PatchEmbed extends Module implements Exportable {
  private final long imageSize;
  private final long patchSize;
  private final long inputChannels;
  private final Submodule projection;

  /**
   * An embedding with random weights.
   *
   * @param imageSize side of the images in pixels, a multiple of {@code patchSize}
   * @param patchSize side of a patch in pixels, at least 1
   * @param inputChannels channels of the images, at least 1
   * @param dimension size of a token, at least 1
   * @throws IllegalArgumentException if a value is out of range or patches do not tile the image
   */
  public PatchEmbed(long imageSize, long patchSize, long inputChannels, long dimension) {
    this.patchSize = Checks.atLeast(1, patchSize, "PatchEmbed", "patchSize");
    this.imageSize = Checks.atLeast(1, imageSize, "PatchEmbed", "imageSize");
    this.inputChannels = inputChannels;
    if (imageSize % patchSize != 0) {
      throw new IllegalArgumentException(
          "PatchEmbed: imageSize ("
              + imageSize
              + ") must be a multiple of patchSize ("
              + patchSize
              + "); the nearest is "
              + Math.max(1, Math.round((double) imageSize / patchSize)) * patchSize);
    }
    projection =
        submodule(
            "proj",
            new Conv2d(
                Conv2dConfiguration.of(inputChannels, dimension, patchSize).withStride(patchSize)));
  }

  @Override
  public Tensor forward(Tensor input) {
    if (input.dim() != 4
        || input.size(1) != inputChannels
        || input.size(2) != imageSize
        || input.size(3) != imageSize) {
      throw new ShapeException(
          this, "[n, " + inputChannels + ", " + imageSize + ", " + imageSize + "]", input);
    }
    return projection.forward(input).flatten(2, -1).transpose(1, 2);
  }

  /** Also reads the linear layer that timm's first transformers had instead. */
  @Override
  protected void adaptState(String path, ForeignState state) {
    String name = ModuleTree.join(path, "proj.weight");
    state
        .get(name)
        .filter(weight -> weight.dim() == 2 && weight.size(1) % (patchSize * patchSize) == 0)
        .ifPresent(
            weight ->
                state.put(
                    name,
                    weight.view(weight.size(0), -1, patchSize, patchSize),
                    "read as a convolution"));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    long[] shape = input.shape();
    if (shape.length != 4 || shape[2] != imageSize || shape[3] != imageSize) {
      throw new ExportException(
          graph.path(), this + " was given an input of shape " + Arrays.toString(shape));
    }
    return graph.permute(graph.flatten(projection.export(graph, input), 2), 0, 2, 1);
  }

  /**
   * The number of patches.
   *
   * @return {@code (imageSize / patchSize)^2}
   */
  public long patches() {
    long side = imageSize / patchSize;
    return side * side;
  }

  @Override
  public String toString() {
    return "PatchEmbed(" + imageSize + "x" + imageSize + ", patch " + patchSize + ")";
  }
}
