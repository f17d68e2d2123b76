package io.github.steelyard.optim;

/**
 * Coefficients of {@link SGDP}. The learning rate and the weight decay belong to the {@link
 * ParameterGroup}.
 *
 * @param momentum &mu;, in [0, 1): the weight decay is divided by 1 - &mu;
 * @param dampening &tau;, how much of the gradient the momentum leaves out
 * @param nesterov whether the direction looks ahead
 * @param eps added to norms, above 0
 * @param delta &delta;: a weight counts as scale-invariant if all cosines are below &delta; /
 *     &radic;columns; at least 0, where 0 never projects
 * @param wdRatio how much of the weight decay a projected weight gets, from 0 to 1
 */
public record SGDPConfiguration(
    double momentum, double dampening, boolean nesterov, double eps, double delta, double wdRatio) {
  /**
   * Checks the ranges.
   *
   * @param momentum &mu;, in [0, 1)
   * @param dampening &tau;, a finite number
   * @param nesterov whether the direction looks ahead
   * @param eps added to norms, above 0
   * @param delta the threshold of the cosines, at least 0
   * @param wdRatio how much of the weight decay a projected weight gets, from 0 to 1
   * @throws IllegalArgumentException if a value is out of range; the message names it
   */
  public SGDPConfiguration {
    Range.requireFraction("momentum", momentum);
    Range.requireFinite("dampening", dampening);
    Range.requireEps(eps);
    Range.requireNotNegative("delta", delta);
    Range.requireUnit("wd_ratio", wdRatio);
  }

  /**
   * The defaults of the paper's code: no momentum, no dampening, no nesterov, eps 1e-8, delta 0.1,
   * wd_ratio 0.1.
   *
   * @return the defaults
   */
  public static SGDPConfiguration defaults() {
    return new SGDPConfiguration(0, 0, false, 1e-8, 0.1, 0.1);
  }
}
