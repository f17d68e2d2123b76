package io.github.steelyard.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
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
   * Reads a JPEG, PNG, WebP, TIFF, BMP or GIF file (the first picture), told by content and not by
   * name, upright as EXIF says.
   *
   * @param file a picture
   * @return three channels: grey is repeated, transparency dropped, of 16 bits the higher 8 kept
   * @throws io.github.steelyard.io.FileFormatException if it is no picture, damaged, or larger than
   *     a quarter of the JVM's memory; the message says which
   * @throws IOException if it cannot be read
   */
  public static Image read(Path file) throws IOException {
    return ImageDecoder.read(file);
  }

  /**
   * Takes over a picture of Java's.
   *
   * @param picture of grey, RGB, palette or CMYK samples
   * @return three channels: grey is repeated, transparency dropped, of 16 bits the higher 8 kept
   * @throws IllegalArgumentException if its samples are floating-point numbers or of another space
   */
  public static Image of(BufferedImage picture) {
    try {
      return RgbConversion.of(picture);
    } catch (IOException e) {
      throw new IllegalArgumentException("The picture cannot be used: " + e.getMessage(), e);
    }
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
   * The image in grey: the luma of ITU-R 601-2 in PIL's fixed point, about 0.299 red + 0.587 green
   * + 0.114 blue.
   *
   * @return of one channel; the first channel of an image that has not three
   */
  public Image grey() {
    ImageShape single = new ImageShape(1, height(), width());
    if (channels() != 3) {
      return channels() == 1 ? this : new Image(single, Arrays.copyOf(pixels, single.values()));
    }
    byte[] grey = new byte[single.values()];
    for (int i = 0; i < grey.length; i++) {
      int red = pixels[i] & 0xFF;
      int green = pixels[grey.length + i] & 0xFF;
      int blue = pixels[2 * grey.length + i] & 0xFF;
      grey[i] = (byte) ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
    }
    return new Image(single, grey);
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
