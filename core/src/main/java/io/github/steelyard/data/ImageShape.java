package io.github.steelyard.data;

/**
 * The shape of an image.
 *
 * @param channels 1 for grey, 3 for colour
 * @param height in pixels
 * @param width in pixels
 */
public record ImageShape(int channels, int height, int width) {
  /**
   * Checks the shape.
   *
   * @param channels 1 for grey, 3 for colour
   * @param height in pixels
   * @param width in pixels
   * @throws IllegalArgumentException if a number is not positive or the image has more than 2^31
   *     values
   */
  public ImageShape {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "An image has at least one channel and one pixel, not [%d, %d, %d]"
              .formatted(channels, height, width));
    }
    if ((long) height * width > Integer.MAX_VALUE / channels) {
      throw new IllegalArgumentException(
          "An image of [%d, %d, %d] has too many values".formatted(channels, height, width));
    }
  }

  /**
   * The number of values of one image.
   *
   * @return channels times height times width
   */
  public int values() {
    return channels * height * width;
  }

  @Override
  public String toString() {
    return "[" + channels + ", " + height + ", " + width + "]";
  }
}
