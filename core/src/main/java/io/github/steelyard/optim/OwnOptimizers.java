package io.github.steelyard.optim;

import java.util.List;

/** Brings the optimizers of this room. */
public final class OwnOptimizers implements OptimizerProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public OwnOptimizers() {}

  @Override
  public List<OptimizerEntry<?>> optimizers() {
    return List.of(
        new OptimizerEntry<>(
            SGD.NAME,
            "stochastic gradient descent with momentum, L2 or decoupled decay",
            SGDConfiguration.class,
            SGDConfiguration.defaults(),
            1e-3,
            0,
            SGD::new),
        new OptimizerEntry<>(
            Adam.NAME,
            "adaptive moments, the decay joins the gradient",
            AdamConfiguration.class,
            AdamConfiguration.defaults(),
            1e-3,
            0,
            Adam::new),
        new OptimizerEntry<>(
            AdamW.NAME,
            "adaptive moments with decoupled weight decay",
            AdamWConfiguration.class,
            AdamWConfiguration.defaults(),
            1e-3,
            1e-2,
            AdamW::new),
        new OptimizerEntry<>(
            SGDP.NAME,
            "momentum SGD whose steps do not lengthen scale-invariant weights",
            SGDPConfiguration.class,
            SGDPConfiguration.defaults(),
            0.1,
            0,
            SGDP::new),
        new OptimizerEntry<>(
            AdamP.NAME,
            "AdamW whose steps do not lengthen scale-invariant weights",
            AdamPConfiguration.class,
            AdamPConfiguration.defaults(),
            1e-3,
            0,
            AdamP::new));
  }
}
