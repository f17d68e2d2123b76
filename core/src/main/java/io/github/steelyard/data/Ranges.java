package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/** Numbers within ranges: checks where a transform is made, draws where it runs. */
final class Ranges {
  private Ranges() {}

  static void checkProbability(String of, double probability) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "The probability of %s is 0 to 1, not %s".formatted(of, probability));
    }
  }

  /** Python's random.uniform: unlike nextDouble(low, high), an empty range is allowed. */
  static double uniform(RandomGenerator random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }
}
