package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/**
 * Cuts out the middle, padding a smaller image with black, as torchvision's CenterCrop.
 *
 * @param height of the result, in pixels
 * @param width of the result, in pixels
 */
public record CenterCrop(int height, int width) implements Transform {
  /**
   * Checks the size.
   *
   * @param height of the result, in pixels
   * @param width of the result, in pixels
   * @throws IllegalArgumentException if a number is not positive
   */
  public CenterCrop {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "A crop has at least one pixel, not %d x %d".formatted(height, width));
    }
  }

  @Override
  public Image apply(Image image, RandomGenerator random) {
    return image.window(
        offset(image.height(), height), offset(image.width(), width), height, width);
  }

  /** torchvision pads first, (crop - size) / 2 rounded down, and rounds a cut half to even. */
  private static int offset(int size, int crop) {
    return size < crop ? -((crop - size) / 2) : (int) Math.rint((size - crop) / 2.0);
  }
}
