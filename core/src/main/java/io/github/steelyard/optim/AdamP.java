package io.github.steelyard.optim;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * AdamP: {@link AdamW} whose steps do not lengthen scale-invariant weights. A weight that feeds a
 * normalization layer has a gradient orthogonal to it, so that every step, and momentum most of
 * all, makes it longer and its effective step size smaller. AdamP detects such weights by that
 * orthogonality, removes the radial component of their step and decays them less.
 *
 * <pre>
 *   m &larr; &beta;₁ m + (1 - &beta;₁) g
 *   v &larr; &beta;₂ v + (1 - &beta;₂) g&sup2;
 *   denom = &radic;v / &radic;(1 - &beta;₂ᵗ) + &epsilon;
 *   d = m / denom                            with nesterov: (&beta;₁ m + (1 - &beta;₁) g) / denom
 *   for the views [out, -1] and [1, -1] of a w of two or more dimensions, the first with
 *       maxᵢ |cos(gᵢ, wᵢ)| &lt; &delta; / &radic;columns:
 *     dᵢ &larr; dᵢ - w^ᵢ &lt;w^ᵢ, dᵢ&gt;,  w^ᵢ = wᵢ / (|wᵢ| + &epsilon;),  and ratio = wd_ratio (else 1)
 *   w &larr; (1 - &gamma; &lambda; ratio) w
 *   w &larr; w - &gamma; / (1 - &beta;₁ᵗ) d
 * </pre>
 *
 * <p>Paper: Heo, Chun, Oh, Han, Yun, Kim, Uh and Ha, "AdamP: Slowing Down the Slowdown for Momentum
 * Optimizers on Scale-invariant Weights", ICLR 2021, arXiv 2006.08217.
 *
 * <p>Defaults are those of the paper's code (see {@link AdamPConfiguration}). timm deviates: {@code
 * wd_ratio} 0.01 and {@code nesterov} true.
 *
 * <p>Cost: {@link AdamW}'s kernel, one more pass over w and g for the cosines, and for projected
 * weights one over w and d. Two tensors of memory per parameter, and one of the size of the largest
 * projected parameter. Nesterov adds three passes. Types: float, double, bfloat16, half, on cpu and
 * cuda; contiguous float weights on the cpu take the fastest way. Moments of half precision are in
 * single.
 *
 * <p>Not for networks without normalization layers, where nothing is scale-invariant: it then does
 * what {@link AdamW} does, for more time. {@link #projections()} tells.
 */
public final class AdamP extends SlotOptimizer {
  static final String NAME = "adamp";

  private final AdamPConfiguration configuration;
  private final Projector projector;
  private final FusedKernel kernel = new FusedKernel("_fused_adamw_");

  /**
   * Creates the optimizer with {@linkplain AdamPConfiguration#defaults() default} coefficients.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public AdamP(List<ParameterGroup> groups) {
    this(groups, AdamPConfiguration.defaults());
  }

  /**
   * Creates the optimizer.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @param configuration the coefficients
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public AdamP(List<ParameterGroup> groups, AdamPConfiguration configuration) {
    super(NAME, groups, FusedAdam.moments(false), true);
    this.configuration = configuration;
    projector = new Projector(slots(), configuration.delta(), configuration.eps());
  }

  @Override
  public void step() {
    projector.step(this::move);
  }

  @Override
  protected void move(Bucket bucket) {
    double decay = bucket.group().learningRate() * bucket.group().weightDecay();
    projector.move(
        bucket,
        (projected, zeros) -> {
          List<Tensor> steps = zeros.get();
          move(steps, projected, 0);
          return new RowKernel.Steps(steps, 1, true);
        },
        1 - decay * configuration.wdRatio(),
        plain -> move(plain.parameters(), plain, plain.group().weightDecay()));
  }

  /** Updates m and v, decays the targets and adds -&gamma; / (1 - &beta;1^t) d to them. */
  private void move(List<Tensor> targets, Bucket bucket, double weightDecay) {
    HalfPrecision.step(
        targets, bucket.gradients(), (wide, g) -> move(wide, g, bucket, weightDecay));
  }

  private void move(
      List<Tensor> targets, List<Tensor> gradients, Bucket bucket, double weightDecay) {
    double learningRate = bucket.group().learningRate();
    double beta1 = configuration.beta1();
    boolean nesterov = configuration.nesterov() && beta1 > 0; // with beta1 = 0 it is the same
    boolean amsgrad = false;
    boolean maximize = false;
    kernel.call(
        targets,
        gradients,
        bucket.momentValues(0),
        bucket.momentValues(1),
        List.of(),
        bucket.stepTensors(),
        nesterov ? learningRate * beta1 : learningRate,
        beta1,
        configuration.beta2(),
        nesterov ? weightDecay / beta1 : weightDecay,
        configuration.eps(),
        amsgrad,
        maximize);
    if (nesterov) {
      lookAhead(targets, gradients, bucket);
    }
  }

  /** The gradient's share of the nesterov direction; the kernel added that of m. */
  private void lookAhead(List<Tensor> targets, List<Tensor> gradients, Bucket bucket) {
    double beta1 = configuration.beta1();
    double t = bucket.step();
    double c1 = 1 - Math.pow(beta1, t);
    double c2 = 1 - Math.pow(configuration.beta2(), t);
    Scalar eps = new Scalar(configuration.eps() * Math.sqrt(c2));
    Scalar size = new Scalar(-bucket.group().learningRate() * (1 - beta1) / c1 * Math.sqrt(c2));
    for (int i = 0; i < targets.size(); i++) {
      Tensor denom = bucket.moments(1).get(i).sqrt().add_(eps);
      targets.get(i).addcdiv_(gradients.get(i), denom, size);
    }
  }

  /**
   * Which projection each parameter's last step went through.
   *
   * @return by parameter name; a parameter without a gradient was not projected
   */
  public Map<String, Projection> projections() {
    return projector.last();
  }
}
