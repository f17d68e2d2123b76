package io.github.steelyard.data;

import java.util.random.RandomGenerator;
import org.apache.commons.rng.sampling.distribution.ChengBetaSampler;

/**
 * Mixes each image of a batch with its mirror in the batch's order, as timm's Mixup in batch mode,
 * and makes soft targets. Either blends whole images (mixup: Zhang et al., ICLR 2018), x = lambda x
 * + (1 - lambda) x', or pastes a rectangle (CutMix: Yun et al., ICCV 2019); lambda is drawn from
 * Beta(alpha, alpha). The targets are mixed with the same lambda, for a rectangle that its area
 * really has.
 *
 * @param mixupAlpha how strongly mixup mixes; 0 for never; timm's default 1, DeiT's 0.8
 * @param cutmixAlpha how strongly CutMix mixes; 0 for never; timm's default 0, DeiT's 1
 * @param probability with which a batch is mixed at all; usually 1
 * @param switchProbability with which CutMix is chosen where both are on; usually 0.5
 * @param labelSmoothing probability spread over all classes, also where nothing is mixed; usually
 *     0.1
 */
public record Mixup(
    double mixupAlpha,
    double cutmixAlpha,
    double probability,
    double switchProbability,
    double labelSmoothing)
    implements BatchTransform {
  /**
   * Checks the numbers.
   *
   * @param mixupAlpha how strongly mixup mixes; 0 for never; timm's default 1, DeiT's 0.8
   * @param cutmixAlpha how strongly CutMix mixes; 0 for never; timm's default 0, DeiT's 1
   * @param probability with which a batch is mixed at all; usually 1
   * @param switchProbability with which CutMix is chosen where both are on; usually 0.5
   * @param labelSmoothing probability spread over all classes; usually 0.1
   * @throws IllegalArgumentException if a number is out of range or both alphas are 0
   */
  public Mixup {
    Ranges.checkProbability("mixing", probability);
    Ranges.checkProbability("CutMix instead of mixup", switchProbability);
    Ranges.checkProbability("label smoothing", labelSmoothing);
    if (!(mixupAlpha >= 0 && cutmixAlpha >= 0 && mixupAlpha + cutmixAlpha > 0)
        || Double.isInfinite(mixupAlpha + cutmixAlpha)) {
      throw new IllegalArgumentException(
          "mixupAlpha and cutmixAlpha are at least 0, and one is positive; not %s and %s"
              .formatted(mixupAlpha, cutmixAlpha));
    }
  }

  /**
   * Only mixup.
   *
   * @param alpha how strongly it mixes, positive
   * @param labelSmoothing probability spread over all classes
   * @return the transform
   */
  public static Mixup mixup(double alpha, double labelSmoothing) {
    return new Mixup(alpha, 0, 1, 0.5, labelSmoothing);
  }

  /**
   * Only CutMix.
   *
   * @param alpha how strongly it mixes, positive
   * @param labelSmoothing probability spread over all classes
   * @return the transform
   */
  public static Mixup cutmix(double alpha, double labelSmoothing) {
    return new Mixup(0, alpha, 1, 0.5, labelSmoothing);
  }

  /**
   * DeiT's recipe: mixup 0.8 or CutMix 1.0, half of the batches each, smoothing 0.1.
   *
   * @return the transform
   */
  public static Mixup deit() {
    return new Mixup(0.8, 1.0, 1, 0.5, 0.1);
  }

  @Override
  public void apply(HostBatch batch, RandomGenerator random) {
    float[] targets = batch.softTargets(labelSmoothing);
    if (random.nextDouble() >= probability) {
      return;
    }
    boolean cut = cutmixAlpha > 0 && (mixupAlpha == 0 || random.nextDouble() < switchProbability);
    double alpha = cut ? cutmixAlpha : mixupAlpha;
    double lambda = ChengBetaSampler.of(random::nextLong, alpha, alpha).sample();
    if (cut) {
      lambda = paste(batch, lambda, random);
    } else {
      blendMirrored(batch.inputs(), batch.size(), (float) lambda);
    }
    blendMirrored(targets, batch.size(), (float) lambda);
  }

  /** row i = lambda row i + (1 - lambda) row (n - 1 - i), for all rows at once. */
  private static void blendMirrored(float[] values, int rows, float lambda) {
    int length = values.length / rows;
    for (int i = 0; i < rows / 2; i++) {
      int first = i * length;
      int second = (rows - 1 - i) * length;
      for (int k = 0; k < length; k++) {
        float x = values[first + k];
        float y = values[second + k];
        values[first + k] = lambda * x + (1 - lambda) * y;
        values[second + k] = lambda * y + (1 - lambda) * x;
      }
    }
  }

  private static double paste(HostBatch batch, double lambda, RandomGenerator random) {
    int height = batch.shape().height();
    int width = batch.shape().width();
    double side = Math.sqrt(1 - lambda);
    int centerY = random.nextInt(height);
    int centerX = random.nextInt(width);
    int halfHeight = (int) (height * side) / 2;
    int halfWidth = (int) (width * side) / 2;
    int top = Math.max(0, centerY - halfHeight);
    int bottom = Math.min(height, centerY + halfHeight);
    int left = Math.max(0, centerX - halfWidth);
    int right = Math.min(width, centerX + halfWidth);
    int channels = batch.shape().channels();
    for (int i = 0; i < batch.size() / 2; i++) {
      for (int c = 0; c < channels; c++) {
        for (int y = top; y < bottom; y++) {
          int first = ((i * channels + c) * height + y) * width;
          int second = (((batch.size() - 1 - i) * channels + c) * height + y) * width;
          exchange(batch.inputs(), first + left, second + left, right - left);
        }
      }
    }
    return 1 - (double) (bottom - top) * (right - left) / ((double) height * width);
  }

  private static void exchange(float[] values, int first, int second, int count) {
    for (int k = 0; k < count; k++) {
      float swapped = values[first + k];
      values[first + k] = values[second + k];
      values[second + k] = swapped;
    }
  }
}
