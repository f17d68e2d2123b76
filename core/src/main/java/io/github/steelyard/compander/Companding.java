package io.github.steelyard.compander;

import io.github.steelyard.runtime.Scope;
import java.math.RoundingMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How a layer's weight is companded.
 *
 * @param a the compander's a, above 0; of it follows the largest size of a weight, a pi / 2
 * @param ratio a / b, above 0: the slope at 0
 * @param unit what a is measured in
 * @param learned whether a and b are trained from these first values on
 * @param part what of the compander acts; anything but all of it needs {@link CompanderParts}
 */
public record Companding(double a, double ratio, Unit unit, boolean learned, CompanderPart part) {
  /** What a is measured in. */
  public enum Unit {
    /** The standard deviation of the layer's weight at the start. */
    DEVIATION,
    /** Nothing: a is taken as it is. */
    ABSOLUTE
  }

  /**
   * Checks the values.
   *
   * @param a above 0
   * @param ratio above 0
   * @param unit what a is measured in
   * @param learned whether a and b are trained
   * @param part what of the compander acts
   * @throws IllegalArgumentException if a value is not above 0, or a and b are trained where they
   *     have no gradient
   */
  public Companding {
    requirePositive("a", a);
    requirePositive("ratio", ratio);
    if (learned && part != CompanderPart.ALL) {
      throw new IllegalArgumentException(
          "learned needs the part all, as only the whole compander has a gradient for a and b");
    }
  }

  /**
   * All of a compander.
   *
   * @param a above 0
   * @param ratio above 0
   * @param unit what a is measured in
   * @param learned whether a and b are trained
   * @throws IllegalArgumentException if a value is not above 0
   */
  public Companding(double a, double ratio, Unit unit, boolean learned) {
    this(a, ratio, unit, learned, CompanderPart.ALL);
  }

  private static void requirePositive(String what, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(what + " must be above 0 and finite, but is " + value);
    }
  }

  /**
   * The default: a of 4 standard deviations, a / b of 0.5, fixed. With 4 deviations every usual
   * initialization has its inverse. Among the ratios that were swept on validation data, 0.5 had
   * the best mean over two models and clean and noisy labels; it halves the steps of small weights.
   * Where the first weights are uniform (linear layers), a of 1.2 deviations regularizes more.
   *
   * @return the default
   */
  public static Companding defaults() {
    return new Companding(4, 0.5, Unit.DEVIATION, false);
  }

  /**
   * Given a and b, for weights of a known size.
   *
   * @param a above 0
   * @param b above 0
   * @return fixed a and b
   * @throws IllegalArgumentException if a value is not above 0
   */
  public static Companding absolute(double a, double b) {
    requirePositive("b", b);
    return new Companding(a, a / b, Unit.ABSOLUTE, false);
  }

  /**
   * Another slope at 0.
   *
   * @param value a / b, above 0
   * @return the changed companding
   * @throws IllegalArgumentException if it is not above 0
   */
  public Companding withRatio(double value) {
    return new Companding(a, value, unit, learned, part);
  }

  /**
   * With a and b trained or not.
   *
   * @param value whether they are trained
   * @return the changed companding
   */
  public Companding withLearned(boolean value) {
    return new Companding(a, ratio, unit, value, part);
  }

  /**
   * One of the compander's effects alone, or all.
   *
   * @param value what acts
   * @return the changed companding
   * @throws IllegalArgumentException if a and b are trained and it is not all
   */
  public Companding withPart(CompanderPart value) {
    return new Companding(a, ratio, unit, learned, value);
  }

  /**
   * Makes the compander of a weight.
   *
   * @throws IllegalArgumentException if the weight has no such compander
   */
  WeightCompander create(Tensor weight) {
    double size = unit == Unit.ABSOLUTE ? 1 : deviation(weight);
    ScalarType type = weight.scalar_type().intern();
    WeightCompander compander =
        new WeightCompander(a * size, a * size / ratio, learned, part, type);
    try {
      compander.requireInRange(weight);
    } catch (IllegalArgumentException e) {
      throw unit == Unit.ABSOLUTE ? e : inDeviations(e, weight, size);
    }
    return compander;
  }

  /**
   * A weight whose value will be replaced by that of a state dict needs a compander of any size.
   */
  WeightCompander createForAnyValue(Tensor weight) {
    return new WeightCompander(
        largest(weight) + 1, largest(weight) + 1, learned, part, weight.scalar_type().intern());
  }

  private static double deviation(Tensor weight) {
    double deviation =
        Scope.computeWithoutGradient(() -> weight.to(ScalarType.Double).std(false).item_double());
    if (deviation == 0) {
      throw new IllegalArgumentException(
          "all its weights are equal, so a has no standard deviation to be measured in; give this"
              + " layer an absolute a, or leave it out");
    }
    if (!Double.isFinite(deviation)) {
      throw new IllegalArgumentException(
          "the weight holds NaN or infinite values, which no compander gives");
    }
    return deviation;
  }

  private static double largest(Tensor weight) {
    return Scope.computeWithoutGradient(() -> weight.abs().max().item_double());
  }

  private IllegalArgumentException inDeviations(
      IllegalArgumentException e, Tensor weight, double deviation) {
    return new IllegalArgumentException(
        e.getMessage()
            + ", which is "
            + WeightCompander.smallestA(largest(weight) / deviation)
            + " standard deviations of this layer instead of "
            + WeightCompander.digits(a, RoundingMode.HALF_EVEN),
        e);
  }
}
