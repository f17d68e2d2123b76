package io.github.steelyard.data;

import java.util.Collections;
import java.util.List;

/**
 * Turns 8-bit values into floats of zero mean and unit deviation: (v / 255 - mean) / deviation, per
 * channel, computed in float32 exactly as torchvision's ToTensor and Normalize do.
 *
 * @param mean per channel, of values scaled to 0..1
 * @param deviation standard deviation per channel, of values scaled to 0..1
 */
public record Normalization(List<Double> mean, List<Double> deviation) {
  /** MNIST's 60,000 training images; the numbers of PyTorch's MNIST example. */
  public static final Normalization MNIST = new Normalization(List.of(0.1307), List.of(0.3081));

  /** Fashion-MNIST's 60,000 training images (computed from them; 0.28604 and 0.35302). */
  public static final Normalization FASHION_MNIST =
      new Normalization(List.of(0.2860), List.of(0.3530));

  /** The 53,790 training glyphs of the default characters from the fonts in docs/glyphs.md. */
  public static final Normalization GLYPHS = new Normalization(List.of(0.1465), List.of(0.3261));

  /** CIFAR-10's 50,000 training images; the deviation is over all pixels (timm's numbers). */
  public static final Normalization CIFAR10 =
      new Normalization(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616));

  /** CIFAR-100's 50,000 training images; the deviation is over all pixels. */
  public static final Normalization CIFAR100 =
      new Normalization(List.of(0.5071, 0.4867, 0.4408), List.of(0.2675, 0.2565, 0.2761));

  /** ImageNet's, as every torchvision and timm model expects them. */
  public static final Normalization IMAGENET =
      new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  /**
   * Checks the numbers.
   *
   * @param mean per channel, of values scaled to 0..1
   * @param deviation standard deviation per channel, of values scaled to 0..1
   * @throws IllegalArgumentException if the lists are empty or of different length, or a deviation
   *     is not positive
   */
  public Normalization {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.isEmpty() || mean.size() != deviation.size()) {
      throw new IllegalArgumentException(
          "A normalization has one mean and one deviation per channel, not %d and %d"
              .formatted(mean.size(), deviation.size()));
    }
    for (double d : deviation) {
      if (!(d > 0) || Double.isInfinite(d)) {
        throw new IllegalArgumentException("A deviation is a positive number, not " + d);
      }
    }
    for (double m : mean) {
      if (!Double.isFinite(m)) {
        throw new IllegalArgumentException("A mean is a finite number, not " + m);
      }
    }
  }

  /**
   * Only scales 0..255 to 0..1.
   *
   * @param channels the number of channels
   * @return a normalization with mean 0 and deviation 1
   */
  public static Normalization none(int channels) {
    return new Normalization(
        Collections.nCopies(channels, 0.0), Collections.nCopies(channels, 1.0));
  }

  /** All values of an image, planar, by a {@link #table}. */
  static void apply(float[][] table, Image image, float[] values, int offset) {
    byte[] pixels = image.pixels();
    int plane = image.height() * image.width();
    for (int c = 0; c < table.length; c++) {
      float[] lookup = table[c];
      int from = c * plane;
      for (int i = from; i < from + plane; i++) {
        values[offset + i] = lookup[pixels[i] & 0xFF];
      }
    }
  }

  /** The result for each of the 256 values, per channel: a lookup is cheaper than a division. */
  float[][] table() {
    float[][] table = new float[mean.size()][256];
    for (int c = 0; c < table.length; c++) {
      float m = mean.get(c).floatValue();
      float d = deviation.get(c).floatValue();
      for (int v = 0; v < 256; v++) {
        table[c][v] = (v / 255f - m) / d;
      }
    }
    return table;
  }
}
