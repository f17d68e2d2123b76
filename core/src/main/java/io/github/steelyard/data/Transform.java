package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/**
 * Changes an image before normalization. Loader threads share one transform, so it has no state;
 * all chance comes from the generator, which is seeded by run, epoch and sample.
 */
@FunctionalInterface
public interface Transform {
  /**
   * Transforms one image.
   *
   * @param image the image; not changed
   * @param random this sample's generator
   * @return a new image, or the same one
   */
  Image apply(Image image, RandomGenerator random);
}
