package io.github.steelyard.interaction;

import io.github.steelyard.method.Method;
import io.github.steelyard.method.MethodProvider;
import java.util.List;

/** Registers the method of this room. */
public final class InteractionMethods implements MethodProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public InteractionMethods() {}

  @Override
  public List<Method> methods() {
    return List.of(
        new Method(
            "interaction_basis",
            "Interaction basis, degeneracy and modularity",
            "Bushnaq et al., \"Using Degeneracy in the Loss Landscape for Mechanistic"
                + " Interpretability\", 2024; \"The Local Interaction Basis\", 2024 (arXiv"
                + " 2405.10928)",
            "2405.10927",
            "Finds coordinates of each layer that do not change when the network is written in"
                + " another way, how they interact, and how many parameters do nothing.",
            InteractionConfiguration.class,
            "mlp-interaction.yaml"));
  }
}
