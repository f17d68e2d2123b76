package io.github.steelyard.optim;

/**
 * Coefficients of {@link Adam}. The learning rate and the weight decay belong to the {@link
 * ParameterGroup}.
 *
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param eps added to the denominator, above 0
 * @param amsgrad whether to divide by the largest second moment so far (Reddi et al., 2018)
 */
public record AdamConfiguration(double beta1, double beta2, double eps, boolean amsgrad) {
  /**
   * Checks the ranges.
   *
   * @param beta1 decay of the first moment, in [0, 1)
   * @param beta2 decay of the second moment, in [0, 1)
   * @param eps added to the denominator, above 0
   * @param amsgrad whether to divide by the largest second moment so far
   * @throws IllegalArgumentException if a value is out of range; the message names it
   */
  public AdamConfiguration {
    Range.requireFraction("beta1", beta1);
    Range.requireFraction("beta2", beta2);
    Range.requireEps(eps);
  }

  /**
   * PyTorch's defaults: beta1 0.9, beta2 0.999, eps 1e-8, no amsgrad.
   *
   * @return the defaults
   */
  public static AdamConfiguration defaults() {
    return new AdamConfiguration(0.9, 0.999, 1e-8, false);
  }
}
