package io.github.steelyard.optim;

import java.util.List;

/**
 * Adam with L2 decay: the decay is part of the gradient.
 *
 * <pre>
 *   g &larr; g + &lambda; w
 *   m &larr; &beta;₁ m + (1 - &beta;₁) g
 *   v &larr; &beta;₂ v + (1 - &beta;₂) g&sup2;
 *   w &larr; w - &gamma; m / (1 - &beta;₁ᵗ) / (&radic;(v / (1 - &beta;₂ᵗ)) + &epsilon;)
 * </pre>
 *
 * <p>Paper: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, arXiv
 * 1412.6980.
 *
 * <p>Defaults are those of PyTorch's {@code torch.optim.Adam} (see {@link AdamConfiguration}).
 *
 * <p>Cost: one pass of libtorch's fused kernel ({@code _fused_adam_}) over w, g, m and v; two
 * tensors of memory per parameter, three with amsgrad. Types: float, double, bfloat16, half, on cpu
 * and cuda; weights in half precision are moved in single precision, with moments of that type.
 *
 * <p>Not with a weight decay that is meant to shrink weights evenly: it is divided by &radic;v like
 * the rest of the gradient. Use {@link AdamW} then.
 */
public final class Adam extends SlotOptimizer {
  static final String NAME = "adam";

  private final FusedAdam steps;

  /**
   * Creates the optimizer with {@linkplain AdamConfiguration#defaults() default} coefficients.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public Adam(List<ParameterGroup> groups) {
    this(groups, AdamConfiguration.defaults());
  }

  /**
   * Creates the optimizer.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @param configuration the coefficients
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public Adam(List<ParameterGroup> groups, AdamConfiguration configuration) {
    super(NAME, groups, FusedAdam.moments(configuration.amsgrad()), true);
    steps =
        new FusedAdam(
            new FusedKernel("_fused_adam_"),
            configuration.beta1(),
            configuration.beta2(),
            configuration.eps(),
            configuration.amsgrad());
  }

  @Override
  protected void move(Bucket bucket) {
    steps.move(bucket);
  }
}
