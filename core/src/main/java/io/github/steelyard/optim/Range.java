package io.github.steelyard.optim;

/** Checks of configuration values; the messages name the option as recipes write it. */
final class Range {
  private Range() {}

  /** Demands 0 <= value < 1. */
  static void requireFraction(String option, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          option + " must be at least 0 and below 1, but is " + value);
    }
  }

  /** Demands a finite value of at least 0. */
  static void requireNotNegative(String option, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(option + " must be at least 0, but is " + value);
    }
  }

  /** Demands what is added to a denominator, so that none is 0 in single precision. */
  static void requireEps(double value) {
    if (!(value >= Float.MIN_NORMAL) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          "eps must be at least 1.2e-38, such as 1e-8, but is "
              + value
              + ": a weight without a gradient would be divided by 0");
    }
  }

  /** Demands 0 <= value <= 1. */
  static void requireUnit(String option, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(option + " must be from 0 to 1, but is " + value);
    }
  }

  /** Demands a finite value. */
  static void requireFinite(String option, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(option + " must be a finite number, but is " + value);
    }
  }
}
