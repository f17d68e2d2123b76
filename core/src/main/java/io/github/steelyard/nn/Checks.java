package io.github.steelyard.nn;

/** Range checks of the settings of layers and models, with one wording. */
public final class Checks {
  private Checks() {}

  /**
   * Checks a whole number.
   *
   * @param minimum the smallest valid value
   * @param value the value
   * @param layer whose setting it is, for the message
   * @param what the setting, for the message
   * @return the value
   * @throws IllegalArgumentException if the value is below the minimum
   */
  public static long atLeast(long minimum, long value, String layer, String what) {
    if (value < minimum) {
      throw new IllegalArgumentException(
          layer + ": " + what + " must be at least " + minimum + ", but is " + value);
    }
    return value;
  }

  /**
   * Checks the probability of leaving something out.
   *
   * @param value the value, valid in [0, 1)
   * @param layer whose setting it is, for the message
   * @param what the setting, for the message
   * @return the value
   * @throws IllegalArgumentException if the value is out of range or not a number
   */
  public static double probability(double value, String layer, String what) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          layer + ": " + what + " must be at least 0 and below 1, but is " + value);
    }
    return value;
  }

  /**
   * Checks a positive, finite number.
   *
   * @param value the value, valid above 0
   * @param layer whose setting it is, for the message
   * @param what the setting, for the message
   * @return the value
   * @throws IllegalArgumentException if the value is not above 0 or not finite
   */
  public static double positive(double value, String layer, String what) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(layer + ": " + what + " must be above 0, but is " + value);
    }
    return value;
  }
}
