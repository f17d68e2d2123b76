package io.github.steelyard.robust;

import java.util.Locale;

/**
 * What an attacker may do: change each seen value by at most epsilon (the L-infinity norm), within
 * the valid range.
 *
 * @param epsilon the largest change, in seen units before normalization, from 0 to the width of the
 *     valid range; 8/255 is usual for CIFAR
 * @param domain how model inputs come from seen values
 */
public record ThreatModel(double epsilon, InputDomain domain) {
  /**
   * Checks the size.
   *
   * @param epsilon the largest change, from 0 to the width of the valid range
   * @param domain how model inputs come from seen values
   * @throws IllegalArgumentException if epsilon is out of range
   */
  public ThreatModel {
    double width = domain.maximum() - domain.minimum();
    if (!(epsilon >= 0 && epsilon <= width)) {
      throw new IllegalArgumentException(
          "epsilon must be from 0 to "
              + width
              + ", the width of the inputs' range before normalization, but is "
              + epsilon
              + (epsilon > width && epsilon <= 255 * width
                  ? "; "
                      + epsilon
                      + " of 255 grey levels are "
                      + String.format(Locale.ROOT, "%.4f", epsilon / 255)
                  : ""));
    }
  }

  /** The same attacker with another budget, cut at the width of the range. */
  ThreatModel withEpsilon(double other) {
    return new ThreatModel(Math.min(other, domain.maximum() - domain.minimum()), domain);
  }
}
