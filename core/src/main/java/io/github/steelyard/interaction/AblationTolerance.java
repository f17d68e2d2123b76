package io.github.steelyard.interaction;

/**
 * How much worse a network may become.
 *
 * @param measure what is compared
 * @param allowed the largest fall of the accuracy (a share) or rise of the loss; at least 0
 */
public record AblationTolerance(Measure measure, double allowed) {
  /** What is compared. */
  public enum Measure {
    /** The share of samples whose largest output is their class. */
    ACCURACY,
    /** The mean cross-entropy. */
    LOSS
  }

  /**
   * Checks the number.
   *
   * @param measure what is compared
   * @param allowed at least 0
   * @throws IllegalArgumentException if it is below 0 or not a number
   */
  public AblationTolerance {
    if (!(allowed >= 0)) {
      throw new IllegalArgumentException("allowed must be at least 0, but is " + allowed);
    }
  }

  boolean isMet(AblationScore base, AblationScore score) {
    return switch (measure) {
      case ACCURACY -> score.accuracy() >= base.accuracy() - allowed;
      case LOSS -> score.loss() <= base.loss() + allowed;
    };
  }
}
