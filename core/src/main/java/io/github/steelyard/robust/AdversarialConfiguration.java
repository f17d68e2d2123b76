package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;

/**
 * How a model is trained against attacks.
 *
 * @param adversarial which loss
 * @param epsilon the largest change of a seen value, before normalization, above 0
 * @param stepSize the attack's step, in the same unit, above 0
 * @param steps steps of the attack, at least 1
 * @param beta the weight of TRADES's second term, above 0; without effect for PGD
 */
public record AdversarialConfiguration(
    Kind adversarial, double epsilon, double stepSize, int steps, double beta) {

  /** The loss. */
  public enum Kind {
    /** The cross-entropy at samples that PGD attacked (Madry et al., ICLR 2018). */
    PGD,
    /** TRADES (Zhang et al., ICML 2019). */
    TRADES,
    /**
     * TRADES as the code of its authors, and that of TSCNC, computes it: the first step starts at x
     * + 0.001 N(0, 1) as drawn, which may lie outside the valid range; {@link #TRADES} starts at
     * the nearest valid point.
     */
    TRADES_PUBLISHED
  }

  /**
   * Checks the values.
   *
   * @param adversarial which loss
   * @param epsilon above 0; at most the width of the inputs' range, which the loss checks
   * @param stepSize above 0
   * @param steps at least 1
   * @param beta above 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public AdversarialConfiguration {
    Checks.positive(epsilon, "adversarial training", "epsilon");
    Checks.positive(stepSize, "adversarial training", "stepSize");
    Checks.atLeast(1, steps, "adversarial training", "steps");
    Checks.positive(beta, "adversarial training", "beta");
  }

  /**
   * Ten steps of a quarter of epsilon (2/255 of 8/255, as on CIFAR), and TRADES's beta 6.
   *
   * @param adversarial which loss
   * @param epsilon the largest change of a seen value, above 0
   * @return the configuration
   * @throws IllegalArgumentException if epsilon is not above 0
   */
  public static AdversarialConfiguration of(Kind adversarial, double epsilon) {
    Checks.positive(epsilon, "adversarial training", "epsilon");
    return new AdversarialConfiguration(adversarial, epsilon, epsilon / 4, 10, 6);
  }
}
