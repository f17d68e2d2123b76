package io.github.steelyard.compander;

import io.github.steelyard.method.Method;
import io.github.steelyard.method.MethodProvider;
import java.util.List;

/** Registers the method of this room. */
public final class CompanderMethods implements MethodProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public CompanderMethods() {}

  @Override
  public List<Method> methods() {
    return List.of(
        new Method(
            "weight_compander",
            "Weight compander",
            "Cakaj, Mehnert and Yang, \"Weight Compander: A Simple Weight Reparameterization for"
                + " Regularization\", 2023",
            "2306.16993",
            "Trains v in place of each weight w = a arctan(v / b), which limits the size of weights"
                + " and pushes small ones away from zero; a regularizer without cost at inference.",
            CompanderConfiguration.class,
            "compander-mlp.yaml"));
  }
}
