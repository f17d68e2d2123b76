package io.github.steelyard.interaction;

/** Which coordinates a layer gets. All kinds run through the same code. */
public enum BasisKind {
  /** The local interaction basis: from the Jacobian of the next layer's coordinates. */
  LOCAL,
  /**
   * The integrated-gradient interaction basis, "(1-0) alpha": from the integral of the gradient of
   * the product of the next layer's coordinates at alpha f and at f.
   */
  INTEGRATED_GRADIENT,
  /**
   * The functional form of the integrated-gradient basis, "(1-alpha)^2": from the integral of the
   * gradient of the squared distance between the next layer's coordinates at alpha f and at f. With
   * functional edges of the same quadrature, its eigenvalues are the columns' sums.
   */
  FUNCTIONAL,
  /** Principal components of the activations: ordered by their size, blind to what uses them. */
  SVD,
  /** The neurons as they are. */
  NEURON;

  /** Whether the basis is made from what the next layer does. */
  boolean usesNextLayer() {
    return this == LOCAL || isIntegrated();
  }

  boolean isIntegrated() {
    return this == INTEGRATED_GRADIENT || this == FUNCTIONAL;
  }
}
