package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  /** Every pixel has its own value: (y, x) = 12 y + x + 1 for 10 x 12 pixels. */
  private static Image numbered(int channels, int height, int width) {
    byte[] pixels = new byte[channels * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i + 1);
    }
    return new Image(new ImageShape(channels, height, width), pixels);
  }

  @Test
  void givenPadding_whenAnImageIsCroppedManyTimes_thenEveryPlaceComesEquallyOften() {
    Image image = numbered(1, 10, 12);
    RandomGenerator random = new SplittableRandom(1);
    Map<String, Integer> places = new TreeMap<>();
    int tries = 25_000;
    for (int i = 0; i < tries; i++) {
      Image crop = new RandomCrop(10, 12, 2).apply(image, random);
      int middle = crop.value(0, 5, 6) - 1; // moved by at most 2, so always inside the image
      int top = middle / 12 - 5;
      int left = middle % 12 - 6;
      assertThat(crop).isEqualTo(image.window(top, left, 10, 12));
      places.merge(top + "," + left, 1, Integer::sum);
    }
    assertThat(places).hasSize(25);
    // 1,000 expected at each; six standard deviations of the binomial are 186.
    assertThat(places.values()).allSatisfy(n -> assertThat(n).isBetween(814, 1186));
  }

  @Test
  void givenAWindowBeyondTheImage_whenItIsCut_thenTheOutsideIsBlack() {
    Image window = numbered(2, 2, 2).window(-1, 1, 3, 2);
    assertThat(window.pixels()).containsExactly(0, 0, 2, 0, 4, 0, 0, 0, 6, 0, 8, 0);
    assertThat(numbered(1, 2, 2).window(5, 5, 1, 1).pixels()).containsExactly(0);
  }

  @Test
  void givenAProbability_whenImagesAreFlipped_thenThatManyAreMirrored() {
    Image image = numbered(2, 1, 3);
    assertThat(image.mirrored().pixels()).containsExactly(3, 2, 1, 6, 5, 4);
    RandomGenerator random = new SplittableRandom(2);
    int flipped = 0;
    for (int i = 0; i < 10_000; i++) {
      flipped += new RandomHorizontalFlip(0.3).apply(image, random).equals(image) ? 0 : 1;
    }
    assertThat(flipped).isBetween(2725, 3275);
  }

  @Test
  void givenTorchvisionsRanges_whenACropIsDrawn_thenAreaAndRatioStayInside() {
    // Red counts columns and green counts rows, so the corners of a crop tell where it was.
    int height = 200;
    int width = 250;
    byte[] pixels = new byte[3 * height * width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        pixels[y * width + x] = (byte) x;
        pixels[(height + y) * width + x] = (byte) y;
      }
    }
    Image image = new Image(new ImageShape(3, height, width), pixels);
    RandomResizedCrop crop = RandomResizedCrop.of(64);
    RandomGenerator random = new SplittableRandom(3);
    double areas = 0;
    for (int i = 0; i < 2000; i++) {
      Image result = crop.apply(image, random);
      assertThat(result.shape()).isEqualTo(new ImageShape(3, 64, 64));
      // The ends of a resized ramp are about half an output pixel inside.
      double w = (result.value(0, 32, 48) - result.value(0, 32, 16)) * 2.0;
      double h = (result.value(1, 48, 32) - result.value(1, 16, 32)) * 2.0;
      double area = w * h / (height * width);
      assertThat(area).isBetween(0.05, 1.08);
      assertThat(w / h).isBetween(0.65, 1.5);
      areas += area;
    }
    // Uniform in 0.08..1; shapes that do not fit are drawn again, which makes large areas rarer.
    assertThat(areas / 2000).isBetween(0.44, 0.55);
  }

  @Test
  void givenAStripThatNoCropFits_whenItIsCropped_thenTheMiddleOfAllowedRatioIsTaken() {
    Image strip = numbered(1, 2, 100);
    Image expected = Resampling.resize(strip.window(0, 48, 2, 3), 8, 8, Interpolation.BILINEAR);
    RandomResizedCrop crop =
        new RandomResizedCrop(8, 8, 0.9, 1, 3 / 4.0, 4 / 3.0, Interpolation.BILINEAR);
    assertThat(crop.apply(strip, new SplittableRandom(0))).isEqualTo(expected);
  }

  @Test
  void givenRandomErasing_whenItRuns_thenARectangleOfAllowedSizeChangesWithItsProbability() {
    ImageShape shape = new ImageShape(2, 40, 50);
    for (RandomErasing.Fill fill : RandomErasing.Fill.values()) {
      RandomErasing erasing = RandomErasing.of(0.25, fill);
      RandomGenerator random = new SplittableRandom(4);
      int erased = 0;
      for (int i = 0; i < 2000; i++) {
        float[] values = new float[3 + shape.values() + 3];
        Arrays.fill(values, 100);
        erasing.apply(values, 3, shape, random);
        erased += checkErased(values, fill) ? 1 : 0;
      }
      assertThat(erased).isBetween(400, 600);
    }
  }

  private static boolean checkErased(float[] values, RandomErasing.Fill fill) {
    for (int i = 0; i < 3; i++) {
      assertThat(values[i]).isEqualTo(100);
      assertThat(values[values.length - 1 - i]).isEqualTo(100);
    }
    int count = 0;
    int top = 40;
    int bottom = -1;
    int left = 50;
    int right = -1;
    Set<Float> colors = new HashSet<>();
    for (int i = 0; i < 4000; i++) {
      if (values[3 + i] != 100) {
        count++;
        colors.add(values[3 + i]);
        top = Math.min(top, i % 2000 / 50);
        bottom = Math.max(bottom, i % 2000 / 50);
        left = Math.min(left, i % 50);
        right = Math.max(right, i % 50);
      }
    }
    if (count == 0) {
      return false;
    }
    assertThat(count).as("a full rectangle").isEqualTo(2 * (bottom - top + 1) * (right - left + 1));
    assertThat(count / 4000.0).isBetween(0.01, 0.36);
    int expected =
        fill == RandomErasing.Fill.MEAN ? 1 : fill == RandomErasing.Fill.COLOR ? 2 : count;
    assertThat(colors.size()).isBetween(expected - 2 * expected / 100, expected);
    return true;
  }

  @Test
  void givenRandAugment_whenItRunsOften_thenItChangesMostImagesAndKeepsShapes() {
    RandAugment augment = RandAugment.of(Normalization.IMAGENET);
    assertThat(augment.fill()).containsExactly(124, 116, 104);
    for (int channels : new int[] {1, 3}) {
      Image image =
          ReferenceImages.read("augmentations.safetensors")
              .get(channels == 1 ? "input.grey" : "input.rgb");
      RandomGenerator random = new SplittableRandom(5);
      Set<Image> results = new HashSet<>();
      int unchanged = 0;
      for (int i = 0; i < 500; i++) {
        Image result = augment.apply(image, random);
        assertThat(result.shape()).isEqualTo(image.shape());
        unchanged += result.equals(image) ? 1 : 0;
        results.add(result);
      }
      // No operation is applied in a quarter; grey images do not feel the colour operation either.
      assertThat(unchanged).isBetween(80, 200);
      assertThat(results.size()).isGreaterThan(200);
    }
    Image image = numbered(3, 9, 9);
    RandAugment never = new RandAugment(2, 9, 0.5, 0, List.of(0), Interpolation.BILINEAR);
    assertThat(never.apply(image, new SplittableRandom(0))).isEqualTo(image);
  }

  private static HostBatch batch(int size) {
    float[] inputs = new float[size * 3 * 8 * 8];
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      Arrays.fill(inputs, i * 192, (i + 1) * 192, i);
      labels[i] = i;
    }
    return new HostBatch(new ImageShape(3, 8, 8), size, inputs, labels);
  }

  @Test
  void givenMixup_whenABatchIsMixed_thenImagesAndTargetsShareOneLambda() {
    for (int size : new int[] {4, 5}) {
      HostBatch mixed = batch(size);
      Mixup.mixup(0.8, 0.1).apply(mixed, new SplittableRandom(6));
      float[] targets = mixed.softTargets(0);
      double lambda =
          1 - mixed.inputs()[0] / (size - 1); // image 0 is lambda 0 + (1 - lambda) (n - 1)
      assertThat(lambda).isBetween(0.01, 0.99);
      for (int i = 0; i < size; i++) {
        int partner = size - 1 - i;
        for (int k = 0; k < 192; k++) {
          assertThat(mixed.inputs()[i * 192 + k])
              .isCloseTo((float) (lambda * i + (1 - lambda) * partner), within(1e-5f));
        }
        for (int c = 0; c < size; c++) {
          double expected =
              0.1 / size + 0.9 * ((c == i ? lambda : 0) + (c == partner ? 1 - lambda : 0));
          assertThat(targets[i * size + c]).isCloseTo((float) expected, within(1e-5f));
        }
      }
    }
  }

  @Test
  void givenCutmix_whenBatchesAreMixed_thenTargetsFollowTheAreaThatWasReallyPasted() {
    double areas = 0;
    for (int seed = 0; seed < 300; seed++) {
      HostBatch mixed = batch(6);
      Mixup.cutmix(1, 0).apply(mixed, new SplittableRandom(seed));
      float[] targets = mixed.softTargets(0);
      for (int i = 0; i < 6; i++) {
        int pasted = 0;
        for (int k = 0; k < 192; k++) {
          float value = mixed.inputs()[i * 192 + k];
          assertThat(value).isIn((float) i, 5f - i);
          pasted += value == i ? 0 : 1;
        }
        assertThat(targets[i * 6 + i]).isCloseTo(1 - pasted / 192f, within(1e-6f));
        assertThat(targets[i * 6 + 5 - i]).isCloseTo(pasted / 192f, within(1e-6f));
        areas += pasted / 192.0;
      }
    }
    assertThat(areas / 1800).isBetween(0.2, 0.5);
  }

  @Test
  void givenDeitsRecipe_whenManyBatchesAreMixed_thenLambdaIsBetaDistributed() {
    int cut = 0;
    double sum = 0;
    double squares = 0;
    int blended = 0;
    for (int seed = 0; seed < 4000; seed++) {
      HostBatch mixed = batch(2);
      Mixup.deit().apply(mixed, new SplittableRandom(seed));
      float first = mixed.inputs()[0];
      if (first != 0 && first != 1) {
        blended++;
        sum += first;
        squares += first * first;
      } else {
        cut++;
      }
    }
    assertThat(cut).isBetween(1800, 2200);
    double mean = sum / blended;
    assertThat(mean).isCloseTo(0.5, within(0.03));
    // The variance of Beta(0.8, 0.8) is 1 / (4 (2 * 0.8 + 1)).
    assertThat(squares / blended - mean * mean).isCloseTo(1 / 10.4, within(0.006));
  }

  @Test
  void givenNumbersOutOfRange_whenATransformIsMade_thenTheErrorNamesThem() {
    assertThatThrownBy(() -> new RandomCrop(0, 1, 0)).hasMessageContaining("0 x 1");
    assertThatThrownBy(() -> new RandomHorizontalFlip(1.5)).hasMessageContaining("1.5");
    assertThatThrownBy(() -> new Resize(0, Interpolation.BILINEAR)).hasMessageContaining("0");
    assertThatThrownBy(() -> new Mixup(0, 0, 1, 0.5, 0.1)).hasMessageContaining("one is positive");
    assertThatThrownBy(() -> RandomErasing.of(Double.NaN, RandomErasing.Fill.MEAN))
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> new RandAugment(2, 11, 0.5, 0.5, List.of(0), Interpolation.BICUBIC))
        .hasMessageContaining("0 to 10, not 11");
    assertThatThrownBy(() -> new Normalization(List.of(0.5), List.of(0.0)))
        .hasMessageContaining("0.0");
    assertThatThrownBy(
            () -> new RandomCrop(30, 30, 2).apply(numbered(1, 9, 9), new SplittableRandom(0)))
        .hasMessageContaining("9 x 9 pixels, padded by 2, is smaller than the crop of 30 x 30");
  }
}
