package io.github.steelyard.interaction;

/** How strongly a coordinate acts on one of the next layer. */
public enum EdgeKind {
  /**
   * {@code E_ij = mean over data of (integral over alpha of (d f_i / d f_j) f_j)^2}, summed over
   * the positions of i and, before squaring, over those of j; not negative.
   */
  SQUARED,
  /**
   * {@code E_ij = -mean over data of the integral over alpha of d/d f_j (f_i(f) - f_i(alpha f))^2
   * f_j}; may be negative.
   */
  FUNCTIONAL
}
