package io.github.steelyard.nn.models;

import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Checks;
import java.util.List;

/**
 * The size of a {@link SwinTransformer}.
 *
 * @param imageSize side of the images in pixels, a multiple of {@code patchSize}
 * @param patchSize side of a patch in pixels, at least 1
 * @param inputChannels channels of the images, at least 1
 * @param classes number of outputs, at least 1
 * @param dimension size of a token in the first stage; it doubles from stage to stage
 * @param depths number of blocks in each stage, each at least 1
 * @param heads number of attention heads in each stage, each a divisor of the stage's dimension
 * @param window side of a window in tokens, at least 1
 * @param mlpRatio size of each perceptron's hidden layer relative to its dimension, above 0
 * @param dropout what is dropped at random in training; there are no positions to drop
 */
public record SwinTransformerConfiguration(
    long imageSize,
    long patchSize,
    long inputChannels,
    long classes,
    long dimension,
    List<Integer> depths,
    List<Integer> heads,
    long window,
    double mlpRatio,
    TransformerDropout dropout) {
  /**
   * Checks the values.
   *
   * @param imageSize side of the images in pixels, a multiple of {@code patchSize}
   * @param patchSize side of a patch in pixels, at least 1
   * @param inputChannels channels of the images, at least 1
   * @param classes number of outputs, at least 1
   * @param dimension size of a token in the first stage
   * @param depths number of blocks in each stage, each at least 1
   * @param heads number of attention heads in each stage
   * @param window side of a window in tokens, at least 1
   * @param mlpRatio size of each perceptron's hidden layer relative to its dimension, above 0
   * @param dropout what is dropped at random in training; not of positions
   * @throws IllegalArgumentException if a value is out of range, or stages differ in number
   */
  public SwinTransformerConfiguration {
    depths = List.copyOf(depths);
    heads = List.copyOf(heads);
    String model = "SwinTransformer";
    Checks.atLeast(1, classes, model, "classes");
    Checks.atLeast(1, window, model, "window");
    Checks.atLeast(1, depths.size(), model, "the number of stages");
    depths.forEach(depth -> Checks.atLeast(1, depth, model, "depths"));
    Checks.positive(mlpRatio, model, "mlpRatio");
    if (dropout.position() != 0) {
      throw new IllegalArgumentException(
          "SwinTransformer: position dropout must be 0, as there are no position embeddings, but"
              + " is "
              + dropout.position());
    }
    if (depths.size() != heads.size()) {
      throw new IllegalArgumentException(
          "SwinTransformer: depths "
              + depths
              + " and heads "
              + heads
              + " must be as many, one for each stage");
    }
  }

  /** The attention of one stage. */
  AttentionConfiguration attention(int stage) {
    return new AttentionConfiguration(
        dimension << stage,
        heads.get(stage),
        true,
        false,
        dropout.attention(),
        dropout.projection());
  }
}
