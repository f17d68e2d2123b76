package io.github.steelyard.data;

import java.util.Arrays;

/**
 * PIL's antialiased resize, to the bit: the pretrained models were trained on its pixels.
 * Horizontally first, as PIL always did before version 13 chose the cheaper order. Written by hand
 * because TwelveMonkeys, thumbnailator and imgscalr round differently and only know BufferedImage.
 */
final class Resampling {
  private static final int PRECISION = 22;
  private static final int HALF = 1 << (PRECISION - 1);

  private Resampling() {}

  static Image resize(Image image, int height, int width, Interpolation interpolation) {
    Image wide = image.width() == width ? image : horizontal(image, width, interpolation);
    return wide.height() == height ? wide : vertical(wide, height, interpolation);
  }

  /** The input pixels of each output pixel: weights[starts[i] ...], fixed point. */
  private static final class Taps {
    final int most;
    final int[] starts;
    final int[] counts;
    final int[] weights;

    Taps(int from, int to, Interpolation interpolation) {
      double scale = (double) from / to;
      double filterScale = Math.max(1, scale);
      double support = interpolation.support() * filterScale;
      most = (int) Math.ceil(support) * 2 + 1;
      starts = new int[to];
      counts = new int[to];
      weights = new int[Math.multiplyExact(to, most)];
      double[] kernel = new double[most];
      for (int i = 0; i < to; i++) {
        double center = (i + 0.5) * scale;
        int start = Math.max(0, (int) (center - support + 0.5));
        int count = Math.min(from, (int) (center + support + 0.5)) - start;
        double sum = 0;
        for (int k = 0; k < count; k++) {
          kernel[k] = interpolation.weight((k + start - center + 0.5) / filterScale);
          sum += kernel[k];
        }
        for (int k = 0; k < count; k++) {
          double scaled = kernel[k] / sum * (1 << PRECISION);
          weights[i * most + k] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
        starts[i] = start;
        counts[i] = count;
      }
    }
  }

  private static Image horizontal(Image image, int width, Interpolation interpolation) {
    Taps taps = new Taps(image.width(), width, interpolation);
    ImageShape shape = new ImageShape(image.channels(), image.height(), width);
    byte[] in = image.pixels();
    byte[] out = new byte[shape.values()];
    int rows = shape.channels() * shape.height();
    for (int row = 0; row < rows; row++) {
      for (int x = 0; x < width; x++) {
        int from = row * image.width() + taps.starts[x];
        int weight = x * taps.most;
        int sum = HALF;
        for (int k = 0; k < taps.counts[x]; k++) {
          sum += (in[from + k] & 0xFF) * taps.weights[weight + k];
        }
        out[row * width + x] = clip(sum);
      }
    }
    return new Image(shape, out);
  }

  private static Image vertical(Image image, int height, Interpolation interpolation) {
    Taps taps = new Taps(image.height(), height, interpolation);
    int width = image.width();
    ImageShape shape = new ImageShape(image.channels(), height, width);
    byte[] in = image.pixels();
    byte[] out = new byte[shape.values()];
    int[] sums = new int[width];
    for (int c = 0; c < shape.channels(); c++) {
      for (int y = 0; y < height; y++) {
        Arrays.fill(sums, HALF);
        for (int k = 0; k < taps.counts[y]; k++) {
          int from = (c * image.height() + taps.starts[y] + k) * width;
          int weight = taps.weights[y * taps.most + k];
          for (int x = 0; x < width; x++) {
            sums[x] += (in[from + x] & 0xFF) * weight;
          }
        }
        int to = (c * height + y) * width;
        for (int x = 0; x < width; x++) {
          out[to + x] = clip(sums[x]);
        }
      }
    }
    return new Image(shape, out);
  }

  private static byte clip(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
  }
}
