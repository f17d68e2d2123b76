package io.github.steelyard.cli.explain;

import io.github.steelyard.interaction.BasisKind;

/** Bases as people call them. */
final class BasisNames {
  private BasisNames() {}

  static String of(BasisKind kind) {
    return switch (kind) {
      case LOCAL -> "local interaction basis";
      case INTEGRATED_GRADIENT -> "integrated-gradient basis";
      case FUNCTIONAL -> "functional interaction basis";
      case SVD -> "principal components";
      case NEURON -> "neurons";
    };
  }
}
