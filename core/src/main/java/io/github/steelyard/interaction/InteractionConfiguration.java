package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Records;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Which basis and which edges are computed.
 *
 * @param basis the kind of coordinates
 * @param edges the kind of interactions
 * @param quadrature where integrals over alpha are evaluated, in the basis and in the edges
 * @param centred whether activations are shifted by their mean; the constant direction is then kept
 *     apart as the first basis vector. Recommended for modularity: without it, means that are not 0
 *     tie independent parts together
 * @param rotateLast whether the last layer gets its principal components; otherwise it keeps its
 *     own coordinates
 * @param threshold eigenvalues of the Gram matrix and of the basis at or below this are dropped; an
 *     absolute number, which should lie in a gap of both spectra
 * @param sources random vectors in place of exact sums
 */
public record InteractionConfiguration(
    BasisKind basis,
    EdgeKind edges,
    Quadrature quadrature,
    boolean centred,
    boolean rotateLast,
    double threshold,
    Sources sources) {
  /** The authors' default. */
  public static final double DEFAULT_THRESHOLD = 1e-5;

  /**
   * Checks that the values go together.
   *
   * @param basis the kind of coordinates
   * @param edges the kind of interactions
   * @param quadrature where integrals over alpha are evaluated
   * @param centred whether activations are shifted by their mean
   * @param rotateLast whether the last layer gets its principal components
   * @param threshold at least 0
   * @param sources random vectors in place of exact sums
   * @throws IllegalArgumentException if they do not; the message says what would be valid
   */
  public InteractionConfiguration {
    Objects.requireNonNull(basis, "basis");
    Objects.requireNonNull(edges, "edges");
    Objects.requireNonNull(quadrature, "quadrature");
    Objects.requireNonNull(sources, "sources");
    if (!(threshold >= 0) || Double.isInfinite(threshold)) {
      throw new IllegalArgumentException(
          "threshold must be at least 0 and finite, but is " + threshold);
    }
    if (centred && basis == BasisKind.NEURON) {
      throw new IllegalArgumentException(
          "the neuron basis is the neurons as they are and cannot be centred; use centred = false"
              + " or the basis SVD");
    }
    boolean atOne = quadrature.rule() == Quadrature.Rule.GRADIENT;
    if (atOne && (basis == BasisKind.FUNCTIONAL || edges == EdgeKind.FUNCTIONAL)) {
      throw new IllegalArgumentException(
          "the functional basis and functional edges are 0 at alpha = 1; use"
              + " Quadrature.gaussLegendre(n) or trapezoidal(n)");
    }
    if (!sources.exactBasis() && basis != BasisKind.LOCAL) {
      throw new IllegalArgumentException(
          "only the basis LOCAL can be estimated from random sources, but it is " + basis);
    }
    if (sources.edges() > 0 && edges != EdgeKind.SQUARED) {
      throw new IllegalArgumentException(
          "only SQUARED edges can be estimated from random sources, but they are " + edges);
    }
  }

  /**
   * The local interaction basis as published: squared edges, gradients at the activation, centred.
   *
   * @return the configuration
   */
  public static InteractionConfiguration local() {
    return new InteractionConfiguration(
        BasisKind.LOCAL,
        EdgeKind.SQUARED,
        Quadrature.gradient(),
        true,
        false,
        DEFAULT_THRESHOLD,
        Sources.exact());
  }

  /**
   * The integrated-gradient basis: squared edges, Gauss-Legendre points, not centred.
   *
   * @param intervals the number of points less one
   * @return the configuration
   * @throws IllegalArgumentException if there are fewer than 0 or more than 1000 intervals
   */
  public static InteractionConfiguration integratedGradient(int intervals) {
    return new InteractionConfiguration(
        BasisKind.INTEGRATED_GRADIENT,
        EdgeKind.SQUARED,
        Quadrature.gaussLegendre(intervals),
        false,
        false,
        DEFAULT_THRESHOLD,
        Sources.exact());
  }

  /**
   * With another kind of coordinates.
   *
   * @param other the kind; {@link BasisKind#NEURON} switches centring off
   * @return the changed configuration
   * @throws IllegalArgumentException if the values do not go together
   */
  public InteractionConfiguration withBasis(BasisKind other) {
    return new InteractionConfiguration(
        other,
        edges,
        quadrature,
        centred && other != BasisKind.NEURON,
        rotateLast,
        threshold,
        sources);
  }

  /** The values while they are changed; see {@link InteractionConfiguration}. */
  public static final class Draft {
    /** The kind of coordinates; for a kind that is never centred use {@link #withBasis}. */
    public BasisKind basis;

    /** The kind of edges. */
    public EdgeKind edges;

    /** The points of the integral. */
    public Quadrature quadrature;

    /** Whether activations are shifted by their mean. */
    public boolean centred;

    /** Whether the last layer is rotated. */
    public boolean rotateLast;

    /** At least 0. */
    public double threshold;

    /** Random sources, where. */
    public Sources sources;

    private Draft() {}
  }

  /**
   * The same with other values, such as {@code with(i -> i.threshold = 1e-10)}.
   *
   * @param change sets fields of the draft
   * @return the changed copy
   * @throws IllegalArgumentException if a value is out of range or the values do not go together
   */
  public InteractionConfiguration with(Consumer<Draft> change) {
    return Records.with(this, new Draft(), change);
  }
}
