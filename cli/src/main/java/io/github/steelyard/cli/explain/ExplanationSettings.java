package io.github.steelyard.cli.explain;

import io.github.steelyard.interaction.AblationTolerance;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.ModularityConfiguration;
import io.github.steelyard.interaction.Quadrature;
import java.util.ArrayList;
import java.util.List;

/**
 * How a network is looked into.
 *
 * @param basis the basis of graph and modules
 * @param compared further bases whose ablation curves are drawn; principal components and neurons
 *     always are. If there are any, the edges' norms of all of them are compared too
 * @param threshold eigenvalues below this are dropped
 * @param modularity how modules are looked for
 * @param tolerance how much worse the network may become with the basis vectors that are needed
 * @param countsEdges whether the edges that are needed are counted too
 */
record ExplanationSettings(
    BasisKind basis,
    List<BasisKind> compared,
    double threshold,
    ModularityConfiguration modularity,
    AblationTolerance tolerance,
    boolean countsEdges) {
  private static final int NODES_IN_INTEGRALS = 8;

  /**
   * What a recipe or a command asks for.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  static ExplanationSettings of(ExplainRecipe how) {
    ExplanationSettings settings =
        new ExplanationSettings(
            how.basis(),
            how.compare(),
            how.threshold(),
            ModularityConfiguration.standard()
                .withResolution(how.resolution())
                .withNorm(how.norm()),
            new AblationTolerance(AblationTolerance.Measure.LOSS, how.lossIncrease()),
            how.edges());
    settings.configuration(); // refuses a threshold that is out of range
    return settings;
  }

  /** Of the basis of graph and modules. */
  InteractionConfiguration configuration() {
    return configuration(basis, threshold);
  }

  /** Of the bases whose edges are compared with those of the basis of graph and modules. */
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
}
