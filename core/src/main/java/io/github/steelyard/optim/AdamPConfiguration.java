package io.github.steelyard.optim;

/**
 * Coefficients of {@link AdamP}. The learning rate and the weight decay belong to the {@link
 * ParameterGroup}.
 *
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param eps added to denominators and norms, above 0
 * @param delta &delta;: a weight counts as scale-invariant if all cosines are below &delta; /
 *     &radic;columns; at least 0, where 0 never projects
 * @param wdRatio how much of the weight decay a projected weight gets, from 0 to 1
 * @param nesterov whether the direction looks ahead
 */
public record AdamPConfiguration(
    double beta1, double beta2, double eps, double delta, double wdRatio, boolean nesterov) {
  /**
   * Checks the ranges.
   *
   * @param beta1 decay of the first moment, in [0, 1)
   * @param beta2 decay of the second moment, in [0, 1)
   * @param eps added to denominators and norms, above 0
   * @param delta the threshold of the cosines, at least 0
   * @param wdRatio how much of the weight decay a projected weight gets, from 0 to 1
   * @param nesterov whether the direction looks ahead
   * @throws IllegalArgumentException if a value is out of range; the message names it
   */
  public AdamPConfiguration {
    Range.requireFraction("beta1", beta1);
    Range.requireFraction("beta2", beta2);
    Range.requireEps(eps);
    Range.requireNotNegative("delta", delta);
    Range.requireUnit("wd_ratio", wdRatio);
  }

  /**
   * The defaults of the paper's code: beta1 0.9, beta2 0.999, eps 1e-8, delta 0.1, wd_ratio 0.1, no
   * nesterov. (timm: wd_ratio 0.01 and nesterov.)
   *
   * @return the defaults
   */
  public static AdamPConfiguration defaults() {
    return new AdamPConfiguration(0.9, 0.999, 1e-8, 0.1, 0.1, false);
  }
}
