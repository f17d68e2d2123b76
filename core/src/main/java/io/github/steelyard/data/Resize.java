package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/**
 * Scales the shorter side to a length and keeps the proportions, antialiased, as torchvision's
 * Resize on PIL images, to the bit.
 *
 * @param size of the shorter side of the result, in pixels
 * @param interpolation usually BILINEAR (torchvision's models) or BICUBIC (timm's)
 */
public record Resize(int size, Interpolation interpolation) implements Transform {
  /**
   * Checks the size.
   *
   * @param size of the shorter side of the result, in pixels
   * @param interpolation usually BILINEAR (torchvision's models) or BICUBIC (timm's)
   * @throws IllegalArgumentException if the size is not positive
   */
  public Resize {
    if (size < 1) {
      throw new IllegalArgumentException("A size is at least 1, not " + size);
    }
  }

  @Override
  public Image apply(Image image, RandomGenerator random) {
    long shorter = Math.min(image.height(), image.width());
    int height = Math.toIntExact((long) size * image.height() / shorter);
    int width = Math.toIntExact((long) size * image.width() / shorter);
    return Resampling.resize(image, height, width, interpolation);
  }
}
