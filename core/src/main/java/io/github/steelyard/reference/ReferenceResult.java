package io.github.steelyard.reference;

/**
 * What the replay of a reference case found.
 *
 * @param name the case's name
 * @param outcome passed, failed, or not recognised
 * @param largestAbsoluteError the largest difference of a single number; NaN if nothing was
 *     compared
 * @param largestRelativeError the largest norm of a tensor's difference over the norm of the
 *     expected tensor; NaN if nothing was compared
 * @param tolerance what the largest relative error must stay below; NaN if not recognised
 * @param detail where the largest error is, or why nothing could be compared
 */
public record ReferenceResult(
    String name,
    Outcome outcome,
    double largestAbsoluteError,
    double largestRelativeError,
    double tolerance,
    String detail) {

  /** How a replay ended. */
  public enum Outcome {
    /** All numbers are within the tolerance. */
    PASSED,
    /** A number is outside the tolerance, or the file is damaged. */
    FAILED,
    /** The file holds no case of a known kind. */
    UNRECOGNISED
  }

  /**
   * Whether this engine computes the case's numbers.
   *
   * @return true if all numbers are within the tolerance
   */
  public boolean passed() {
    return outcome == Outcome.PASSED;
  }

  static ReferenceResult notCompared(
      String name, Outcome outcome, double tolerance, String detail) {
    return new ReferenceResult(name, outcome, Double.NaN, Double.NaN, tolerance, detail);
  }
}
