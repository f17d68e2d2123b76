package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/**
 * Cuts out a rectangle of random area and proportions and scales it to one size, as torchvision's
 * RandomResizedCrop: ten tries, then the largest centred rectangle of allowed proportions. (Szegedy
 * et al., Going deeper with convolutions, CVPR 2015.)
 *
 * @param height of the result, in pixels
 * @param width of the result, in pixels
 * @param minimumArea the smallest part of the image's area; usually 0.08
 * @param maximumArea the largest part of the image's area; usually 1
 * @param minimumRatio the smallest width / height; usually 3/4
 * @param maximumRatio the largest width / height; usually 4/3
 * @param interpolation usually BILINEAR (torchvision's models) or BICUBIC (timm's)
 */
public record RandomResizedCrop(
    int height,
    int width,
    double minimumArea,
    double maximumArea,
    double minimumRatio,
    double maximumRatio,
    Interpolation interpolation)
    implements Transform {
  private static final int TRIES = 10;

  /**
   * Checks the numbers.
   *
   * @param height of the result, in pixels
   * @param width of the result, in pixels
   * @param minimumArea the smallest part of the image's area; usually 0.08
   * @param maximumArea the largest part of the image's area; usually 1
   * @param minimumRatio the smallest width / height; usually 3/4
   * @param maximumRatio the largest width / height; usually 4/3
   * @param interpolation usually BILINEAR (torchvision's models) or BICUBIC (timm's)
   * @throws IllegalArgumentException if a size is not positive or a range is empty
   */
  public RandomResizedCrop {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "A crop has at least one pixel, not %d x %d".formatted(height, width));
    }
    if (!(minimumArea > 0 && minimumArea <= maximumArea && maximumArea <= 1)) {
      throw new IllegalArgumentException(
          "The area is a range within 0..1, not %s to %s".formatted(minimumArea, maximumArea));
    }
    if (!(minimumRatio > 0 && minimumRatio <= maximumRatio)) {
      throw new IllegalArgumentException(
          "The ratio is a range of positive numbers, not %s to %s"
              .formatted(minimumRatio, maximumRatio));
    }
  }

  /**
   * With torchvision's defaults: 8 to 100 percent of the area, ratios 3/4 to 4/3, bilinear.
   *
   * @param size height and width of the result, in pixels
   * @return the transform
   */
  public static RandomResizedCrop of(int size) {
    return new RandomResizedCrop(size, size, 0.08, 1, 3 / 4.0, 4 / 3.0, Interpolation.BILINEAR);
  }

  @Override
  public Image apply(Image image, RandomGenerator random) {
    return Resampling.resize(cut(image, random), height, width, interpolation);
  }

  private Image cut(Image image, RandomGenerator random) {
    double area = (double) image.height() * image.width();
    for (int i = 0; i < TRIES; i++) {
      double target = area * Ranges.uniform(random, minimumArea, maximumArea);
      double ratio =
          Math.exp(Ranges.uniform(random, Math.log(minimumRatio), Math.log(maximumRatio)));
      int w = (int) Math.rint(Math.sqrt(target * ratio));
      int h = (int) Math.rint(Math.sqrt(target / ratio));
      if (w > 0 && w <= image.width() && h > 0 && h <= image.height()) {
        int top = random.nextInt(image.height() - h + 1);
        int left = random.nextInt(image.width() - w + 1);
        return image.window(top, left, h, w);
      }
    }
    return middle(image);
  }

  private Image middle(Image image) {
    int w = image.width();
    int h = image.height();
    double ratio = (double) w / h;
    if (ratio < minimumRatio) {
      h = (int) Math.max(1, Math.rint(w / minimumRatio));
    } else if (ratio > maximumRatio) {
      w = (int) Math.max(1, Math.rint(h * maximumRatio));
    }
    return image.window((image.height() - h) / 2, (image.width() - w) / 2, h, w);
  }
}
