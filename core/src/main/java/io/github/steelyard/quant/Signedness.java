package io.github.steelyard.quant;

/** Which integers an {@link Lsq} quantizer of b bits uses. */
public enum Signedness {
  /** From -2^(b-1) to 2^(b-1)-1; for b = 1 the two levels -1 and 1. */
  SIGNED,
  /** From 0 to 2^b-1, for inputs that are never negative, such as softmax's probabilities. */
  UNSIGNED,
  /**
   * Unsigned until an input below -1e-5 is seen in training mode, signed from then on. Costs a pass
   * over the input at each step until then.
   */
  FROM_DATA
}
