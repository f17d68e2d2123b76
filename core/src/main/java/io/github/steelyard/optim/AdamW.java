package io.github.steelyard.optim;

import java.util.List;

/**
 * Adam with decoupled weight decay.
 *
 * <pre>
 *   w &larr; w - &gamma; &lambda; w
 *   m &larr; &beta;₁ m + (1 - &beta;₁) g
 *   v &larr; &beta;₂ v + (1 - &beta;₂) g&sup2;
 *   w &larr; w - &gamma; m / (1 - &beta;₁ᵗ) / (&radic;(v / (1 - &beta;₂ᵗ)) + &epsilon;)
 * </pre>
 *
 * <p>Paper: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv
 * 1711.05101.
 *
 * <p>Defaults are those of PyTorch's {@code torch.optim.AdamW} (see {@link AdamWConfiguration}).
 *
 * <p>Cost: one pass of libtorch's fused kernel ({@code _fused_adamw_}) over w, g, m and v; two
 * tensors of memory per parameter, three with amsgrad. Types: float, double, bfloat16, half, on cpu
 * and cuda; weights in half precision are moved in single precision, with moments of that type.
 *
 * <p>Not for scale-invariant weights whose norm must not drift: {@link AdamP} is made for them.
 */
public final class AdamW extends SlotOptimizer {
  static final String NAME = "adamw";

  private final FusedAdam steps;

  /**
   * Creates the optimizer with {@linkplain AdamWConfiguration#defaults() default} coefficients.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public AdamW(List<ParameterGroup> groups) {
    this(groups, AdamWConfiguration.defaults());
  }

  /**
   * Creates the optimizer.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @param configuration the coefficients
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public AdamW(List<ParameterGroup> groups, AdamWConfiguration configuration) {
    super(NAME, groups, FusedAdam.moments(configuration.amsgrad()), true);
    steps =
        new FusedAdam(
            new FusedKernel("_fused_adamw_"),
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
