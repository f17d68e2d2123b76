package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.runtime.Seeds;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
class HyperplaneTest {
  @BeforeEach
  void seed() {
    Seeds.set(5);
  }

  private static double[] step(Norm norm, double[] w, double c, double[] low, double[] high) {
    Tensor step =
        Hyperplane.step(norm, row(w), row(new double[] {c}).squeeze(0), row(low), row(high));
    double[] values = new double[w.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = step.select(1, i).item_double();
    }
    return values;
  }

  private static Tensor row(double[] values) {
    Tensor row = torch.empty(1, values.length).to(ScalarType.Double);
    row.data_ptr_double().put(values);
    return row;
  }

  @Test
  void givenAPlaneWithinAWideBox_whenItIsReached_thenTheStepIsTheTextbooksProjection() {
    double[] wide = {10, 10, 10};
    double[] far = {-10, -10, -10};

    // |c| / ||w||_1 = 8 / 8 for each value; c · w / ||w||² = 8 w / 26.
    assertThat(step(Norm.LINF, new double[] {1, -3, 4}, 8, far, wide))
        .containsExactly(new double[] {-1, 1, -1}, within(1e-12));
    assertThat(step(Norm.L2, new double[] {1, -3, 4}, 8, far, wide))
        .containsExactly(new double[] {-8 / 26.0, 24 / 26.0, -32 / 26.0}, within(1e-12));
    assertThat(step(Norm.L2, new double[] {1, -3, 4}, -8, far, wide))
        .containsExactly(new double[] {8 / 26.0, -24 / 26.0, 32 / 26.0}, within(1e-12));
  }

  @Test
  void givenAValueAtItsBound_whenThePlaneIsReached_thenTheOthersGoFurther() {
    double[] low = {-0.5, -10, -10};
    double[] high = {10, 0.25, 10};

    // 1 · 0.5 + 3 · 0.25 are done at the bounds; 4 t = 8 - 1.25.
    assertThat(step(Norm.LINF, new double[] {1, -3, 4}, 8, low, high))
        .containsExactly(new double[] {-0.5, 0.25, -6.75 / 4}, within(1e-12));
    // The first follows t = 7.25 / 17 < 0.5 freely; only the second is at its bound.
    assertThat(step(Norm.L2, new double[] {1, -3, 4}, 8, low, high))
        .containsExactly(new double[] {-7.25 / 17, 0.25, -4 * 7.25 / 17}, within(1e-12));
  }

  @ParameterizedTest
  @EnumSource(Norm.class)
  void givenAPlaneOutsideTheBox_whenItIsSought_thenAllThatHelpsIsAtItsBound(Norm norm) {
    double[] low = {-1, -0.5, -1};
    double[] high = {1, 0.25, 1};

    assertThat(step(norm, new double[] {1, -3, 0}, 50, low, high))
        .containsExactly(new double[] {-1, 0.25, 0}, within(0.0));
    assertThat(step(norm, new double[] {0, 0, 0}, 1, low, high))
        .containsExactly(new double[3], within(0.0));
    assertThat(step(norm, new double[] {1, -3, 2}, 0, low, high))
        .containsExactly(new double[3], within(0.0));
    assertThat(step(norm, new double[] {1, -3, 2}, 7, new double[3], new double[3]))
        .containsExactly(new double[3], within(0.0));
  }

  /** The smallest norm on the line w · d + c = 0 within the box, by trying points of it. */
  private static double bruteForce(Norm norm, double[] w, double c, double[] low, double[] high) {
    double smallest = Double.POSITIVE_INFINITY;
    int tries = 40_000;
    for (int i = 0; i <= tries; i++) {
      double first = low[0] + (high[0] - low[0]) * i / tries;
      double second = -(c + w[0] * first) / w[1];
      if (second >= low[1] && second <= high[1]) {
        double size =
            norm == Norm.LINF
                ? Math.max(Math.abs(first), Math.abs(second))
                : Math.hypot(first, second);
        smallest = Math.min(smallest, size);
      }
    }
    return smallest;
  }

  @ParameterizedTest
  @EnumSource(Norm.class)
  void givenRandomPlanesInTwoDimensions_whenTheyAreReached_thenNoPointOfThemIsNearer(Norm norm) {
    SplittableRandom random = new SplittableRandom(3);
    int reached = 0;
    for (int i = 0; i < 60; i++) {
      double[] w = {random.nextDouble(-2, 2), random.nextDouble(0.3, 2)};
      double[] low = {-random.nextDouble(), -random.nextDouble()};
      double[] high = {random.nextDouble(), random.nextDouble()};
      double c = random.nextDouble(-1.5, 1.5);

      double[] d = step(norm, w, c, low, high);

      double nearest = bruteForce(norm, w, c, low, high);
      if (nearest < Double.POSITIVE_INFINITY) {
        reached++;
        assertThat(w[0] * d[0] + w[1] * d[1] + c).isCloseTo(0, within(1e-9));
        double size =
            norm == Norm.LINF ? Math.max(Math.abs(d[0]), Math.abs(d[1])) : Math.hypot(d[0], d[1]);
        assertThat(size).isCloseTo(nearest, within(2e-4)).isLessThan(nearest + 1e-9);
      }
      for (int j = 0; j < 2; j++) {
        assertThat(d[j]).isBetween(low[j] - 1e-12, high[j] + 1e-12);
      }
    }
    assertThat(reached).isGreaterThan(20);
  }

  @ParameterizedTest
  @EnumSource(Norm.class)
  void givenManyDimensions_whenAPlaneIsReached_thenItHoldsInSinglePrecisionToo(Norm norm) {
    Tensor w = torch.randn(8, 3072);
    Tensor low = torch.rand(8, 3072).neg();
    Tensor high = torch.rand(8, 3072);
    Tensor c = torch.randn(8).mul(new org.bytedeco.pytorch.Scalar(300.0));

    Tensor step = Hyperplane.step(norm, w, c, low, high);

    assertThat(w.mul(step).sum(1).add(c).abs().max().item_double()).isLessThan(1e-2);
    assertThat(step.lt(low).any().item_bool()).isFalse();
    assertThat(step.gt(high).any().item_bool()).isFalse();
  }
}
