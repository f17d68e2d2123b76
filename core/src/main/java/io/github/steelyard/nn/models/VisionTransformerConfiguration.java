package io.github.steelyard.nn.models;

import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Checks;

/**
 * The size of a {@link VisionTransformer} or a {@link DistilledVisionTransformer}.
 *
 * @param imageSize side of the images in pixels, a multiple of {@code patchSize}
 * @param patchSize side of a patch in pixels, at least 1
 * @param inputChannels channels of the images, at least 1
 * @param classes number of outputs, at least 1
 * @param dimension size of a token, a multiple of {@code heads}
 * @param depth number of blocks, at least 1
 * @param heads number of attention heads, at least 1
 * @param mlpRatio size of each perceptron's hidden layer relative to {@code dimension}, above 0
 * @param qkNorm whether queries and keys are normalized
 * @param dropout what is dropped at random in training
 */
public record VisionTransformerConfiguration(
    long imageSize,
    long patchSize,
    long inputChannels,
    long classes,
    long dimension,
    int depth,
    long heads,
    double mlpRatio,
    boolean qkNorm,
    TransformerDropout dropout) {
  /**
   * Checks the values.
   *
   * @param imageSize side of the images in pixels, a multiple of {@code patchSize}
   * @param patchSize side of a patch in pixels, at least 1
   * @param inputChannels channels of the images, at least 1
   * @param classes number of outputs, at least 1
   * @param dimension size of a token, a multiple of {@code heads}
   * @param depth number of blocks, at least 1
   * @param heads number of attention heads, at least 1
   * @param mlpRatio size of each perceptron's hidden layer relative to {@code dimension}, above 0
   * @param qkNorm whether queries and keys are normalized
   * @param dropout what is dropped at random in training
   * @throws IllegalArgumentException if a value is out of range
   */
  public VisionTransformerConfiguration {
    Checks.atLeast(1, classes, "VisionTransformer", "classes");
    Checks.atLeast(1, depth, "VisionTransformer", "depth");
    Checks.positive(mlpRatio, "VisionTransformer", "mlpRatio");
  }

  AttentionConfiguration attention() {
    return new AttentionConfiguration(
        dimension, heads, true, qkNorm, dropout.attention(), dropout.projection());
  }
}
