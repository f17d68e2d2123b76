package io.github.steelyard.robust;

/** The range of a penalty's factor. */
final class Strength {
  private Strength() {}

  static void check(double strength, String owner) {
    if (!(strength >= 0) || Double.isInfinite(strength)) {
      throw new IllegalArgumentException(
          owner + ": strength must be at least 0 and finite, but is " + strength);
    }
  }
}
