package io.github.steelyard.data;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Some operations drawn from a list of fifteen, at one strength (Cubuk et al., RandAugment, NeurIPS
 * 2020), as timm's increasing list ("inc1"): autocontrast, equalize, invert, rotate, posterize,
 * solarize, solarize-add, colour, contrast, brightness, sharpness, shear x and y, translate x and
 * y. Every operation gives PIL's pixels. timm's name for the defaults here is {@code
 * rand-m9-mstd0.5-inc1}.
 *
 * @param operations how many are drawn, with replacement; usually 2
 * @param magnitude the mean strength, 0 to 10; usually 9
 * @param deviation standard deviation of the strength, which is cut to 0..10; usually 0.5
 * @param probability with which a drawn operation is applied; usually 0.5
 * @param fill colour that comes in at the edges, one value or one a channel, 0 to 255; usually the
 *     data set's mean
 * @param interpolation of rotation, shear and translation; DeiT uses BICUBIC
 */
public record RandAugment(
    int operations,
    double magnitude,
    double deviation,
    double probability,
    List<Integer> fill,
    Interpolation interpolation)
    implements Transform {
  private static final double MOST = 10;

  private enum Operation {
    AUTOCONTRAST,
    EQUALIZE,
    INVERT,
    ROTATE,
    POSTERIZE,
    SOLARIZE,
    SOLARIZE_ADD,
    COLOR,
    CONTRAST,
    BRIGHTNESS,
    SHARPNESS,
    SHEAR_X,
    SHEAR_Y,
    TRANSLATE_X,
    TRANSLATE_Y
  }

  private static final List<Operation> OPERATIONS = List.of(Operation.values());

  /**
   * Checks the numbers.
   *
   * @param operations how many are drawn, with replacement; usually 2
   * @param magnitude the mean strength, 0 to 10; usually 9
   * @param deviation standard deviation of the strength, which is cut to 0..10; usually 0.5
   * @param probability with which a drawn operation is applied; usually 0.5
   * @param fill colour that comes in at the edges, one value or one a channel, 0 to 255
   * @param interpolation of rotation, shear and translation; DeiT uses BICUBIC
   * @throws IllegalArgumentException if a number is out of range
   */
  public RandAugment {
    fill = List.copyOf(fill);
    Ranges.checkProbability("an operation", probability);
    if (operations < 0) {
      throw new IllegalArgumentException("operations is at least 0, not " + operations);
    }
    if (!(magnitude >= 0 && magnitude <= MOST)) {
      throw new IllegalArgumentException("magnitude is 0 to 10, not " + magnitude);
    }
    if (!(deviation >= 0 && Double.isFinite(deviation))) {
      throw new IllegalArgumentException("deviation is at least 0, not " + deviation);
    }
    if (fill.isEmpty() || fill.stream().anyMatch(v -> v < 0 || v > 255)) {
      throw new IllegalArgumentException("fill is one or more values of 0 to 255, not " + fill);
    }
  }

  /**
   * With DeiT's numbers: two operations at 9 plus or minus 0.5, each with probability 0.5, bicubic,
   * filled with the mean colour.
   *
   * @param normalization whose mean is the fill colour
   * @return the transform
   */
  public static RandAugment of(Normalization normalization) {
    List<Integer> fill =
        normalization.mean().stream()
            .map(mean -> (int) Math.max(0, Math.min(255, Math.rint(255 * mean))))
            .toList();
    return new RandAugment(2, 9, 0.5, 0.5, fill, Interpolation.BICUBIC);
  }

  @Override
  public Image apply(Image image, RandomGenerator random) {
    Image result = image;
    for (int i = 0; i < operations; i++) {
      Operation operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
      if (random.nextDouble() < probability) {
        double level = magnitude + deviation * random.nextGaussian();
        double part = Math.max(0, Math.min(MOST, level)) / MOST;
        result = apply(operation, result, part, random.nextBoolean() ? 1 : -1);
      }
    }
    return result;
  }

  /** timm's scales: part is the strength in 0..1, sign its direction where there are two. */
  private Image apply(Operation operation, Image image, double part, int sign) {
    double factor = Math.max(0.1, 1 + sign * part * 0.9);
    return switch (operation) {
      case AUTOCONTRAST -> ColorOperation.autocontrast(image);
      case EQUALIZE -> ColorOperation.equalize(image);
      case INVERT -> ColorOperation.invert(image);
      case ROTATE -> affine(image, AffineTransform.rotation(sign * part * 30, image.shape()));
      case POSTERIZE -> ColorOperation.posterize(image, 4 - (int) (part * 4));
      case SOLARIZE -> ColorOperation.solarize(image, 256 - (int) (part * 256));
      case SOLARIZE_ADD -> ColorOperation.solarizeAdd(image, (int) (part * 110));
      case COLOR -> ColorOperation.color(image, factor);
      case CONTRAST -> ColorOperation.contrast(image, factor);
      case BRIGHTNESS -> ColorOperation.brightness(image, factor);
      case SHARPNESS -> ColorOperation.sharpness(image, factor);
      case SHEAR_X -> affine(image, new AffineTransform(1, sign * part * 0.3, 0, 0, 1, 0));
      case SHEAR_Y -> affine(image, new AffineTransform(1, 0, 0, sign * part * 0.3, 1, 0));
      case TRANSLATE_X ->
          affine(image, new AffineTransform(1, 0, sign * part * 0.45 * image.width(), 0, 1, 0));
      case TRANSLATE_Y ->
          affine(image, new AffineTransform(1, 0, 0, 0, 1, sign * part * 0.45 * image.height()));
    };
  }

  private Image affine(Image image, AffineTransform transform) {
    return transform.apply(image, fill, interpolation);
  }
}
