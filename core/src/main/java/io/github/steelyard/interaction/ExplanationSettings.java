package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Records;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * What an {@link Explainer} computes.
 *
 * @param basis the basis of graph and communities
 * @param compared further bases whose ablation curves and edges are compared; principal components
 *     and neurons always are by their curves, and by their edges if there are any further ones
 * @param threshold eigenvalues at or below this are dropped
 * @param modularity how communities are looked for
 * @param tolerance how much worse the network may become with the basis vectors that are needed
 * @param countsEdges whether the edges that are needed are counted too, which takes several times
 *     longer
 * @param resolutions at which communities are looked for too; may be empty
 * @param parts for each value of a sample the number of the independent part that it belongs to,
 *     from 0, as {@link io.github.steelyard.data.Dataset#parts()} knows them, so that communities
 *     are compared with them; empty if there is nothing to compare with
 */
public record ExplanationSettings(
    BasisKind basis,
    List<BasisKind> compared,
    double threshold,
    ModularityConfiguration modularity,
    AblationTolerance tolerance,
    boolean countsEdges,
    List<Double> resolutions,
    List<Integer> parts) {
  private static final int NODES_IN_INTEGRALS = 8;

  /** How much larger the loss may become by default; ours. */
  private static final double LOSS_INCREASE = 0.05;

  /**
   * Checks the values.
   *
   * @param basis the basis of graph and communities
   * @param compared further bases
   * @param threshold at least 0
   * @param modularity how communities are looked for
   * @param tolerance how much worse the network may become
   * @param countsEdges whether the edges that are needed are counted too
   * @param resolutions at which communities are looked for too, each above 0
   * @param parts numbers of parts, from 0
   * @throws IllegalArgumentException if the threshold is below 0 or not finite, a resolution not
   *     above 0, or a part below 0
   */
  public ExplanationSettings {
    Objects.requireNonNull(basis, "basis");
    compared = List.copyOf(compared);
    Objects.requireNonNull(modularity, "modularity");
    Objects.requireNonNull(tolerance, "tolerance");
    configuration(basis, threshold); // refuses a threshold that is out of range
    resolutions = List.copyOf(resolutions);
    resolutions.forEach(modularity::withResolution); // refuses one that is out of range
    parts = List.copyOf(parts);
    if (parts.stream().anyMatch(part -> part < 0)) {
      throw new IllegalArgumentException("parts must be numbered from 0, but are " + parts);
    }
  }

  /**
   * The local interaction basis beside principal components and neurons, with the authors'
   * threshold; the loss may rise by 0.05.
   *
   * @return the settings
   */
  public static ExplanationSettings standard() {
    return new ExplanationSettings(
        BasisKind.LOCAL,
        List.of(),
        InteractionConfiguration.DEFAULT_THRESHOLD,
        ModularityConfiguration.standard(),
        new AblationTolerance(AblationTolerance.Measure.LOSS, LOSS_INCREASE),
        false,
        List.of(),
        List.of());
  }

  /** Of the basis of graph and communities. */
  InteractionConfiguration configuration() {
    return configuration(basis, threshold);
  }

  /** Of the bases whose edges are compared with those of the basis of graph and communities. */
  List<InteractionConfiguration> others() {
    if (compared.isEmpty() && !countsEdges) {
      return List.of();
    }
    List<BasisKind> kinds = new ArrayList<>(compared);
    kinds.addAll(List.of(BasisKind.SVD, BasisKind.NEURON));
    return kinds.stream()
        .distinct()
        .filter(kind -> kind != basis)
        .map(kind -> configuration(kind, threshold))
        .toList();
  }

  private static InteractionConfiguration configuration(BasisKind basis, double threshold) {
    InteractionConfiguration local =
        InteractionConfiguration.local().with(i -> i.threshold = threshold);
    return switch (basis) {
      case LOCAL, SVD, NEURON -> local.withBasis(basis);
      case INTEGRATED_GRADIENT, FUNCTIONAL ->
          new InteractionConfiguration(
              basis,
              local.edges(),
              Quadrature.gaussLegendre(NODES_IN_INTEGRALS - 1),
              true,
              false,
              threshold,
              local.sources());
    };
  }

  /** The values while they are changed; see {@link ExplanationSettings}. */
  public static final class Draft {
    /** The basis of graph and communities. */
    public BasisKind basis;

    /** Further bases. */
    public List<BasisKind> compared;

    /** At least 0. */
    public double threshold;

    /** How communities are looked for. */
    public ModularityConfiguration modularity;

    /** How much worse the network may become. */
    public AblationTolerance tolerance;

    /** Whether the edges that are needed are counted too. */
    public boolean countsEdges;

    /** At which communities are looked for too. */
    public List<Double> resolutions;

    /** Of each value of a sample the number of its part. */
    public List<Integer> parts;

    private Draft() {}
  }

  /**
   * The same with other values, such as {@code with(e -> e.countsEdges = true)}.
   *
   * @param change sets fields of the draft
   * @return the changed copy
   * @throws IllegalArgumentException if a value is out of range
   */
  public ExplanationSettings with(Consumer<Draft> change) {
    return Records.with(this, new Draft(), change);
  }
}
