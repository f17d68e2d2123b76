package io.github.steelyard.nn.models;

/** Range checks of model settings, with one wording. */
final class Requirements {
  private Requirements() {}

  static long atLeast(long minimum, long value, String layer, String what) {
    if (value < minimum) {
      throw new IllegalArgumentException(
          layer + ": " + what + " must be at least " + minimum + ", but is " + value);
    }
    return value;
  }

  static double probability(double value, String layer, String what) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          layer + ": " + what + " must be at least 0 and below 1, but is " + value);
    }
    return value;
  }

  static double positive(double value, String layer, String what) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(layer + ": " + what + " must be above 0, but is " + value);
    }
    return value;
  }
}
