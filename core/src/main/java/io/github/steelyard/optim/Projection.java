package io.github.steelyard.optim;

/** Which projection {@link SGDP} and {@link AdamP} applied to a parameter in their last step. */
public enum Projection {
  /** None: the gradient was not orthogonal to the weight, or there is only one dimension. */
  NEVER,
  /** Per output channel: each row of the view [out, -1] was found orthogonal to its gradient. */
  CHANNEL,
  /**
   * As a whole: the view [1, -1] was found orthogonal to its gradient, single channels were not.
   */
  LAYER
}
