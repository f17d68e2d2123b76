package io.github.steelyard.data;

import java.util.List;

/**
 * PIL's affine transform of 8-bit images, to the bit: each output pixel (x, y) looks at input place
 * (a x + b y + c, d x + e y + f), and takes the fill colour outside. java.awt's counterpart treats
 * edges differently.
 */
record AffineTransform(double a, double b, double c, double d, double e, double f) {

  /** A rotation about the middle of an image, counter-clockwise for positive degrees. */
  static AffineTransform rotation(double degrees, ImageShape shape) {
    double angle = -Math.toRadians(degrees);
    double cos = Math.cos(angle);
    double sin = Math.sin(angle);
    double x = shape.width() / 2.0;
    double y = shape.height() / 2.0;
    return new AffineTransform(
        cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y);
  }

  Image apply(Image image, List<Integer> fill, Interpolation interpolation) {
    byte[] out = new byte[image.pixels().length];
    int plane = image.height() * image.width();
    for (int row = 0; row < image.height(); row++) {
      for (int column = 0; column < image.width(); column++) {
        double x = a * (column + 0.5) + b * (row + 0.5) + c;
        double y = d * (column + 0.5) + e * (row + 0.5) + f;
        boolean inside = x >= 0 && x < image.width() && y >= 0 && y < image.height();
        for (int channel = 0; channel < image.channels(); channel++) {
          double value =
              inside
                  ? sample(image, channel, x - 0.5, y - 0.5, interpolation)
                  : fill.get(Math.min(channel, fill.size() - 1));
          out[channel * plane + row * image.width() + column] =
              (byte) Math.max(0, Math.min(255, (int) value));
        }
      }
    }
    return new Image(image.shape(), out);
  }

  private static double sample(
      Image image, int channel, double x, double y, Interpolation interpolation) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    if (interpolation == Interpolation.BILINEAR) {
      double upper = linear(image, channel, top, left, x - left);
      double lower = linear(image, channel, top + 1, left, x - left);
      return upper * (1 - (y - top)) + lower * (y - top);
    }
    return cubic(
        cubic(image, channel, top - 1, left - 1, x - left),
        cubic(image, channel, top, left - 1, x - left),
        cubic(image, channel, top + 1, left - 1, x - left),
        cubic(image, channel, top + 2, left - 1, x - left),
        y - top);
  }

  private static double linear(Image image, int channel, int y, int x, double part) {
    return clamped(image, channel, y, x) * (1 - part) + clamped(image, channel, y, x + 1) * part;
  }

  private static double cubic(Image image, int channel, int y, int x, double part) {
    return cubic(
        clamped(image, channel, y, x),
        clamped(image, channel, y, x + 1),
        clamped(image, channel, y, x + 2),
        clamped(image, channel, y, x + 3),
        part);
  }

  private static double cubic(double v1, double v2, double v3, double v4, double part) {
    double linear = v3 - v1;
    double square = 2 * (v1 - v2) + v3 - v4;
    double cube = -v1 + v2 - v3 + v4;
    return v2 + part * (linear + part * (square + part * cube));
  }

  private static int clamped(Image image, int channel, int y, int x) {
    return image.value(
        channel,
        Math.max(0, Math.min(image.height() - 1, y)),
        Math.max(0, Math.min(image.width() - 1, x)));
  }
}
