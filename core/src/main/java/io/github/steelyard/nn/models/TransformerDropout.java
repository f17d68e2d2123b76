package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Checks;

/**
 * The five places where a {@link VisionTransformer} drops at random in training, as in timm. Each
 * is a probability in [0, 1).
 *
 * @param head of the features before the head (timm's {@code drop_rate})
 * @param position of tokens' features after the position embedding
 * @param projection of features after attention and in each perceptron
 * @param attention of attention probabilities
 * @param path of a whole residual branch in the last block; it grows linearly from 0 at the first
 */
public record TransformerDropout(
    double head, double position, double projection, double attention, double path) {
  /**
   * Checks the values.
   *
   * @param head of the features before the head
   * @param position of tokens' features after the position embedding
   * @param projection of features after attention and in each perceptron
   * @param attention of attention probabilities
   * @param path of a whole residual branch in the last block
   * @throws IllegalArgumentException if a value is out of range
   */
  public TransformerDropout {
    Checks.probability(head, "VisionTransformer", "head dropout");
    Checks.probability(position, "VisionTransformer", "position dropout");
    Checks.probability(projection, "VisionTransformer", "projection dropout");
    Checks.probability(attention, "VisionTransformer", "attention dropout");
    Checks.probability(path, "VisionTransformer", "path dropout");
  }

  /**
   * Nothing is dropped.
   *
   * @return five zeros
   */
  public static TransformerDropout none() {
    return new TransformerDropout(0, 0, 0, 0, 0);
  }

  /** The path dropout of one block. */
  double path(int block, int depth) {
    return depth == 1 ? 0 : path * block / (depth - 1);
  }
}
