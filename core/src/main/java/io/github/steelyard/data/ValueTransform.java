package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/** Changes an image's values in place after normalization. Has no state, like {@link Transform}. */
@FunctionalInterface
public interface ValueTransform {
  /**
   * Transforms one image.
   *
   * @param values normalized values of the whole batch
   * @param offset where this image begins; planar, as in {@link Image}
   * @param shape the image's shape
   * @param random this sample's generator
   */
  void apply(float[] values, int offset, ImageShape shape, RandomGenerator random);
}
