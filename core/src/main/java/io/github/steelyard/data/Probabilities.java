package io.github.steelyard.data;

/** Checks probabilities where a transform is made. */
final class Probabilities {
  private Probabilities() {}

  static void check(String of, double probability) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "The probability of %s is 0 to 1, not %s".formatted(of, probability));
    }
  }
}
