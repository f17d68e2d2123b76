package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/**
 * Pads with black on all sides, then cuts out a rectangle at a random place, as torchvision's
 * RandomCrop.
 *
 * @param height of the result, in pixels
 * @param width of the result, in pixels
 * @param padding on each side, in pixels, at least 0
 */
public record RandomCrop(int height, int width, int padding) implements Transform {
  /**
   * Checks the numbers.
   *
   * @param height of the result, in pixels
   * @param width of the result, in pixels
   * @param padding on each side, in pixels, at least 0
   * @throws IllegalArgumentException if a size is not positive or the padding is negative
   */
  public RandomCrop {
    if (height < 1 || width < 1 || padding < 0) {
      throw new IllegalArgumentException(
          "A crop has a size of at least 1 and a padding of at least 0, not %d x %d and %d"
              .formatted(height, width, padding));
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the padded image is smaller than the crop
   */
  @Override
  public Image apply(Image image, RandomGenerator random) {
    int spareRows = image.height() + 2 * padding - height;
    int spareColumns = image.width() + 2 * padding - width;
    if (spareRows < 0 || spareColumns < 0) {
      throw new IllegalArgumentException(
          "an image of %d x %d pixels, padded by %d, is smaller than the crop of %d x %d"
              .formatted(image.height(), image.width(), padding, height, width));
    }
    int top = random.nextInt(spareRows + 1) - padding;
    int left = random.nextInt(spareColumns + 1) - padding;
    return image.window(top, left, height, width);
  }
}
