package io.github.steelyard.robust;

import java.util.Locale;

/**
 * What an attacker may do: change each sample by at most epsilon, measured in a norm, within the
 * valid range.
 *
 * @param norm how a change is measured
 * @param epsilon the largest change, in seen units before normalization, at least 0; for {@link
 *     Norm#LINF} at most the width of the valid range. Usual for CIFAR are 8/255 (L-infinity) and
 *     0.5 (L2)
 * @param domain how model inputs come from seen values
 */
public record ThreatModel(Norm norm, double epsilon, InputDomain domain) {
  /**
   * Checks the size.
   *
   * @param norm how a change is measured
   * @param epsilon the largest change, at least 0
   * @param domain how model inputs come from seen values
   * @throws IllegalArgumentException if epsilon is out of range
   */
  public ThreatModel {
    double width = domain.maximum() - domain.minimum();
    if (norm == Norm.L2 && !(epsilon >= 0 && epsilon < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "epsilon must be at least 0 and finite, but is " + epsilon);
    }
    if (norm == Norm.LINF && !(epsilon >= 0 && epsilon <= width)) {
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

  /**
   * The usual one: each seen value may change by at most epsilon (the L-infinity norm).
   *
   * @param epsilon the largest change, from 0 to the width of the valid range
   * @param domain how model inputs come from seen values
   * @throws IllegalArgumentException if epsilon is out of range
   */
  public ThreatModel(double epsilon, InputDomain domain) {
    this(Norm.LINF, epsilon, domain);
  }

  /**
   * Reads the size of a change as papers write it.
   *
   * @param text a number or a fraction of two numbers, such as {@code 0.1} or {@code 8/255}
   * @return the number, at least 0
   * @throws IllegalArgumentException if the text is neither, or the number is below 0 or not finite
   */
  public static double parseEpsilon(String text) {
    String[] parts = text.strip().split("/", -1);
    double value = Double.NaN;
    try {
      if (parts.length == 1) {
        value = Double.parseDouble(parts[0]);
      } else if (parts.length == 2) {
        value = Double.parseDouble(parts[0]) / Double.parseDouble(parts[1]);
      }
    } catch (NumberFormatException e) {
      value = Double.NaN;
    }
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "expected a number of at least 0 or a fraction, such as 0.0314 or 8/255, but found '"
              + text
              + "'");
    }
    return value;
  }

  /** The same attacker with another budget, cut at the width of the range. */
  ThreatModel withEpsilon(double other) {
    double width = domain.maximum() - domain.minimum();
    return new ThreatModel(norm, norm == Norm.LINF ? Math.min(other, width) : other, domain);
  }

  /** The same attacker who may change all of so many values as the range allows. */
  ThreatModel unlimited(long values) {
    double width = domain.maximum() - domain.minimum();
    return withEpsilon(norm == Norm.LINF ? width : width * Math.sqrt((double) values));
  }
}
