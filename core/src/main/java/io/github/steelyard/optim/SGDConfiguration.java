package io.github.steelyard.optim;

/**
 * Coefficients of {@link SGD}. The learning rate and the weight decay belong to the {@link
 * ParameterGroup}.
 *
 * @param momentum &mu;, at least 0
 * @param dampening &tau;, how much of the gradient the momentum leaves out
 * @param nesterov whether to look ahead; needs momentum and no dampening
 * @param decoupled whether the decay shrinks the weight directly instead of joining the gradient
 */
public record SGDConfiguration(
    double momentum, double dampening, boolean nesterov, boolean decoupled) {
  /**
   * Checks the ranges.
   *
   * @param momentum &mu;, at least 0
   * @param dampening &tau;, a finite number
   * @param nesterov whether to look ahead; needs momentum and no dampening
   * @param decoupled whether the decay shrinks the weight directly
   * @throws IllegalArgumentException if a value is out of range or nesterov does not go with the
   *     others; the message names it
   */
  public SGDConfiguration {
    Range.requireNotNegative("momentum", momentum);
    Range.requireFinite("dampening", dampening);
    if (nesterov && (momentum == 0 || dampening != 0)) {
      throw new IllegalArgumentException(
          "nesterov needs a momentum above 0 and dampening 0, but momentum is "
              + momentum
              + " and dampening is "
              + dampening);
    }
  }

  /**
   * PyTorch's defaults: no momentum, no dampening, no nesterov, L2 decay.
   *
   * @return the defaults
   */
  public static SGDConfiguration defaults() {
    return new SGDConfiguration(0, 0, false, false);
  }
}
