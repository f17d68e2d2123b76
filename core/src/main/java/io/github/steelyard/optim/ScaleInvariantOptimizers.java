package io.github.steelyard.optim;

import io.github.steelyard.method.Method;
import io.github.steelyard.method.MethodProvider;
import java.util.List;

/** Registers {@link SGDP} and {@link AdamP} as methods. */
public final class ScaleInvariantOptimizers implements MethodProvider {
  private static final String PAPER =
      "Heo, Chun, Oh, Han, Yun, Kim, Uh and Ha, \"AdamP: Slowing Down the Slowdown for Momentum"
          + " Optimizers on Scale-invariant Weights\", ICLR 2021";
  private static final String ARXIV = "2006.08217";

  /** Called by {@link java.util.ServiceLoader}. */
  public ScaleInvariantOptimizers() {}

  @Override
  public List<Method> methods() {
    return List.of(
        new Method(
            SGDP.NAME,
            "Momentum SGD for scale-invariant weights",
            PAPER,
            ARXIV,
            "Removes the radial part of momentum SGD's step where a weight is scale-invariant, so"
                + " that its norm does not grow and its effective step size does not decay.",
            SGDPConfiguration.class,
            "sgdp.yaml"),
        new Method(
            AdamP.NAME,
            "Adam for scale-invariant weights",
            PAPER,
            ARXIV,
            "Removes the radial part of AdamW's step where a weight is scale-invariant, so that its"
                + " norm does not grow and its effective step size does not decay.",
            AdamPConfiguration.class,
            "adamp.yaml"));
  }
}
