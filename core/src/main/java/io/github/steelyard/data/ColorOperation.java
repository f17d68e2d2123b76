package io.github.steelyard.data;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** PIL's ImageOps and ImageEnhance on 8-bit images, to the bit; java.awt has no counterparts. */
final class ColorOperation {
  private ColorOperation() {}

  static Image autocontrast(Image image) {
    return perChannel(
        image,
        histogram -> {
          int low = 0;
          int high = 255;
          while (low < 255 && histogram[low] == 0) {
            low++;
          }
          while (high > 0 && histogram[high] == 0) {
            high--;
          }
          if (high <= low) {
            return v -> v;
          }
          double scale = 255.0 / (high - low);
          double offset = -low * scale;
          return v -> (int) (v * scale + offset);
        });
  }

  static Image equalize(Image image) {
    return perChannel(
        image,
        histogram -> {
          int last = 255;
          int all = 0;
          for (int v = 0; v < 256; v++) {
            all += histogram[v];
            last = histogram[v] > 0 ? v : last;
          }
          int step = (all - histogram[last]) / 255;
          if (step == 0) {
            return v -> v;
          }
          int[] table = new int[256];
          int n = step / 2;
          for (int v = 0; v < 256; v++) {
            table[v] = n / step;
            n += histogram[v];
          }
          return v -> table[v];
        });
  }

  static Image invert(Image image) {
    return map(image, v -> 255 - v);
  }

  static Image posterize(Image image, int bits) {
    int mask = 0xFF & -(1 << (8 - bits));
    return map(image, v -> v & mask);
  }

  static Image solarize(Image image, int threshold) {
    return map(image, v -> v < threshold ? v : 255 - v);
  }

  static Image solarizeAdd(Image image, int added) {
    return map(image, v -> v < 128 ? v + added : v);
  }

  static Image brightness(Image image, double factor) {
    return blend(image, new byte[image.pixels().length], factor);
  }

  static Image color(Image image, double factor) {
    byte[] grey = image.grey().pixels();
    byte[] all = new byte[image.pixels().length];
    for (int c = 0; c < image.channels(); c++) {
      System.arraycopy(grey, 0, all, c * grey.length, grey.length);
    }
    return blend(image, all, factor);
  }

  static Image contrast(Image image, double factor) {
    byte[] grey = image.grey().pixels();
    long sum = 0;
    for (byte value : grey) {
      sum += value & 0xFF;
    }
    byte[] all = new byte[image.pixels().length];
    Arrays.fill(all, (byte) ((double) sum / grey.length + 0.5));
    return blend(image, all, factor);
  }

  static Image sharpness(Image image, double factor) {
    byte[] in = image.pixels();
    byte[] smooth = in.clone();
    int width = image.width();
    for (int c = 0; c < image.channels(); c++) {
      for (int y = 1; y < image.height() - 1; y++) {
        int row = (c * image.height() + y) * width;
        for (int i = row + 1; i < row + width - 1; i++) {
          int sum = 4 * (in[i] & 0xFF);
          for (int line = i - width; line <= i + width; line += width) {
            sum += (in[line - 1] & 0xFF) + (in[line] & 0xFF) + (in[line + 1] & 0xFF);
          }
          smooth[i] = (byte) (sum / 13.0 + 0.5);
        }
      }
    }
    return blend(image, smooth, factor);
  }

  /** From the degenerate image (factor 0) through the image (1) and beyond. */
  private static Image blend(Image image, byte[] degenerate, double factor) {
    float alpha = (float) factor;
    byte[] in = image.pixels();
    byte[] out = new byte[in.length];
    for (int i = 0; i < out.length; i++) {
      int from = degenerate[i] & 0xFF;
      float value = from + alpha * ((in[i] & 0xFF) - from);
      out[i] = (byte) Math.max(0, Math.min(255, (int) value));
    }
    return new Image(image.shape(), out);
  }

  private static Image map(Image image, IntUnaryOperator operator) {
    return perChannel(image, histogram -> operator);
  }

  private interface Curve {
    IntUnaryOperator of(int[] histogram);
  }

  private static Image perChannel(Image image, Curve curve) {
    byte[] in = image.pixels();
    byte[] out = new byte[in.length];
    int plane = image.height() * image.width();
    for (int first = 0; first < in.length; first += plane) {
      int[] histogram = new int[256];
      for (int i = first; i < first + plane; i++) {
        histogram[in[i] & 0xFF]++;
      }
      IntUnaryOperator operator = curve.of(histogram);
      byte[] table = new byte[256];
      for (int v = 0; v < 256; v++) {
        table[v] = (byte) Math.max(0, Math.min(255, operator.applyAsInt(v)));
      }
      for (int i = first; i < first + plane; i++) {
        out[i] = table[in[i] & 0xFF];
      }
    }
    return new Image(image.shape(), out);
  }
}
