package com.example.lion;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.optim.Bucket;
import io.github.steelyard.optim.OptimizerEntry;
import io.github.steelyard.optim.OptimizerProvider;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SlotOptimizer;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Lion, evolved sign momentum (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023,
 * arXiv 2302.06675): every weight moves by the same amount, only the sign is learned.
 *
 * <pre>
 *   w &larr; (1 - &gamma; &lambda;) w
 *   w &larr; w - &gamma; sign(&beta;₁ m + (1 - &beta;₁) g)
 *   m &larr; &beta;₂ m + (1 - &beta;₂) g
 * </pre>
 *
 * <p>A foreign optimizer in one file: state, groups, devices and resuming are inherited.
 */
public final class Lion extends SlotOptimizer {
  private static final String NAME = "lion";
  private static final String MOMENT = "exp_avg";

  private final Configuration configuration;

  /**
   * The coefficients.
   *
   * @param beta1 the weight of the momentum in the step, in [0, 1)
   * @param beta2 the decay of the momentum, in [0, 1)
   */
  public record Configuration(double beta1, double beta2) {
    /** Checks the ranges. */
    public Configuration {
      Checks.probability(beta1, "Lion", "beta1");
      Checks.probability(beta2, "Lion", "beta2");
    }
  }

  /**
   * Creates the optimizer.
   *
   * @param groups the parameters with their rates
   * @param configuration the coefficients
   */
  public Lion(List<ParameterGroup> groups, Configuration configuration) {
    super(NAME, groups, List.of(MOMENT));
    this.configuration = configuration;
  }

  @Override
  protected void move(Bucket bucket) {
    double rate = bucket.group().learningRate();
    Scalar shrink = new Scalar(1 - rate * bucket.group().weightDecay());
    for (int i = 0; i < bucket.size(); i++) {
      Tensor w = bucket.parameters().get(i);
      Tensor g = bucket.gradients().get(i);
      Tensor m = bucket.moments(MOMENT).get(i);
      Tensor direction =
          m.mul(new Scalar(configuration.beta1())).add_(g, new Scalar(1 - configuration.beta1()));
      w.mul_(shrink).add_(direction.sign_(), new Scalar(-rate));
      m.mul_(new Scalar(configuration.beta2())).add_(g, new Scalar(1 - configuration.beta2()));
    }
  }

  /** Registers it. */
  public static final class Provider implements OptimizerProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public Provider() {}

    @Override
    public List<OptimizerEntry<?>> optimizers() {
      return List.of(
          new OptimizerEntry<>(
              NAME,
              "steps of one size by the sign of the momentum",
              Configuration.class,
              new Configuration(0.9, 0.99),
              1e-4,
              0,
              Lion::new));
    }
  }
}
