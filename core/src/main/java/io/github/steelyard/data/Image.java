package io.github.steelyard.data;

import java.util.Arrays;

/** An image of 8-bit values, one plane a channel: index (channel * height + y) * width + x. */
public final class Image {
  private final ImageShape shape;
  private final byte[] pixels;

  /**
   * Wraps pixels.
   *
   * @param shape the shape
   * @param pixels unsigned values, planar; not copied, and not to be changed afterwards
   * @throws IllegalArgumentException if there are more or fewer pixels than the shape says
   */
  public Image(ImageShape shape, byte[] pixels) {
    if (pixels.length != shape.values()) {
      throw new IllegalArgumentException(
          "An image of %s has %d values, not %d".formatted(shape, shape.values(), pixels.length));
    }
    this.shape = shape;
    this.pixels = pixels;
  }

  /**
   * The shape.
   *
   * @return channels, height and width
   */
  public ImageShape shape() {
    return shape;
  }

  /**
   * The number of channels.
   *
   * @return 1 for grey, 3 for colour
   */
  public int channels() {
    return shape.channels();
  }

  /**
   * The height.
   *
   * @return in pixels
   */
  public int height() {
    return shape.height();
  }

  /**
   * The width.
   *
   * @return in pixels
   */
  public int width() {
    return shape.width();
  }

  /**
   * All values, planar.
   *
   * @return the image's own array, which must not be changed
   */
  public byte[] pixels() {
    return pixels;
  }

  /**
   * One value.
   *
   * @param channel from 0
   * @param y row from the top, from 0
   * @param x column from the left, from 0
   * @return 0 to 255
   */
  public int value(int channel, int y, int x) {
    return pixels[(channel * shape.height() + y) * shape.width() + x] & 0xFF;
  }

  /**
   * Looks at the image through a rectangle. What lies outside the image is 0.
   *
   * @param top the first row, negative above the image
   * @param left the first column, negative left of the image
   * @param height of the rectangle, in pixels
   * @param width of the rectangle, in pixels
   * @return a new image of that size
   */
  public Image window(int top, int left, int height, int width) {
    ImageShape cut = new ImageShape(channels(), height, width);
    byte[] result = new byte[cut.values()];
    int firstRow = Math.max(0, -top);
    int endRow = Math.min(height, height() - top);
    int firstColumn = Math.max(0, -left);
    int columns = Math.min(width, width() - left) - firstColumn;
    for (int c = 0; c < cut.channels() && columns > 0; c++) {
      for (int y = firstRow; y < endRow; y++) {
        int from = (c * height() + top + y) * width() + left + firstColumn;
        int to = (c * height + y) * width + firstColumn;
        System.arraycopy(pixels, from, result, to, columns);
      }
    }
    return new Image(cut, result);
  }

  /**
   * The image with left and right exchanged.
   *
   * @return a new image
   */
  public Image mirrored() {
    byte[] result = new byte[pixels.length];
    int width = width();
    for (int row = 0; row < pixels.length; row += width) {
      for (int x = 0; x < width; x++) {
        result[row + x] = pixels[row + width - 1 - x];
      }
    }
    return new Image(shape, result);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Image image
        && shape.equals(image.shape)
        && Arrays.equals(pixels, image.pixels);
  }

  @Override
  public int hashCode() {
    return 31 * shape.hashCode() + Arrays.hashCode(pixels);
  }

  @Override
  public String toString() {
    return "image " + shape;
  }
}
