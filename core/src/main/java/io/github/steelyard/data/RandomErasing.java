package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/**
 * Replaces a random rectangle after normalization (Zhong et al., Random Erasing Data Augmentation,
 * AAAI 2020), as timm's RandomErasing with one rectangle.
 *
 * @param probability 0 to 1; timm's default 0.5, DeiT's 0.25
 * @param minimumArea the smallest part of the image's area; usually 0.02
 * @param maximumArea the largest part of the image's area; usually 1/3
 * @param minimumRatio the smallest height / width, and the inverse of the largest; usually 0.3
 * @param fill what replaces the pixels; DeiT uses PIXEL
 */
public record RandomErasing(
    double probability, double minimumArea, double maximumArea, double minimumRatio, Fill fill)
    implements ValueTransform {
  private static final int TRIES = 10;

  /** What replaces the pixels. */
  public enum Fill {
    /** The mean of the data set, 0 after normalization: timm's "const". */
    MEAN,
    /** One normal draw a channel: timm's "rand". */
    COLOR,
    /** A normal draw for each value: timm's "pixel". */
    PIXEL
  }

  /**
   * Checks the numbers.
   *
   * @param probability 0 to 1; timm's default 0.5, DeiT's 0.25
   * @param minimumArea the smallest part of the image's area; usually 0.02
   * @param maximumArea the largest part of the image's area; usually 1/3
   * @param minimumRatio the smallest height / width, and the inverse of the largest; usually 0.3
   * @param fill what replaces the pixels; DeiT uses PIXEL
   * @throws IllegalArgumentException if a number is out of range
   */
  public RandomErasing {
    Ranges.checkProbability("an erasure", probability);
    if (!(minimumArea > 0 && minimumArea <= maximumArea && maximumArea <= 1)) {
      throw new IllegalArgumentException(
          "The area is a range within 0..1, not %s to %s".formatted(minimumArea, maximumArea));
    }
    if (!(minimumRatio > 0 && minimumRatio <= 1)) {
      throw new IllegalArgumentException("The smallest ratio is 0 to 1, not " + minimumRatio);
    }
  }

  /**
   * With timm's defaults: areas of 2 to 33 percent, ratios 0.3 to 3.33.
   *
   * @param probability 0 to 1
   * @param fill what replaces the pixels
   * @return the transform
   */
  public static RandomErasing of(double probability, Fill fill) {
    return new RandomErasing(probability, 0.02, 1 / 3.0, 0.3, fill);
  }

  @Override
  public void apply(float[] values, int offset, ImageShape shape, RandomGenerator random) {
    if (random.nextDouble() >= probability) {
      return;
    }
    double area = (double) shape.height() * shape.width();
    double most = Math.log(1 / minimumRatio);
    for (int i = 0; i < TRIES; i++) {
      double target = area * Ranges.uniform(random, minimumArea, maximumArea);
      double ratio = Math.exp(Ranges.uniform(random, -most, most));
      int h = (int) Math.rint(Math.sqrt(target * ratio));
      int w = (int) Math.rint(Math.sqrt(target / ratio));
      if (h < shape.height() && w < shape.width()) {
        int top = random.nextInt(shape.height() - h + 1);
        int left = random.nextInt(shape.width() - w + 1);
        erase(values, offset + top * shape.width() + left, h, w, shape, random);
        return;
      }
    }
  }

  private void erase(
      float[] values, int first, int h, int w, ImageShape shape, RandomGenerator random) {
    for (int c = 0; c < shape.channels(); c++) {
      float color = fill == Fill.COLOR ? (float) random.nextGaussian() : 0;
      for (int y = 0; y < h; y++) {
        int row = first + (c * shape.height() + y) * shape.width();
        for (int x = 0; x < w; x++) {
          values[row + x] = fill == Fill.PIXEL ? (float) random.nextGaussian() : color;
        }
      }
    }
  }
}
