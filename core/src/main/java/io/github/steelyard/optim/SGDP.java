package io.github.steelyard.optim;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * SGDP: {@link SGD} with momentum whose steps do not lengthen scale-invariant weights. A weight
 * that feeds a normalization layer has a gradient orthogonal to it, so that every step, and
 * momentum most of all, makes it longer and its effective step size smaller. SGDP detects such
 * weights by that orthogonality, removes the radial component of their step and decays them less.
 *
 * <pre>
 *   m &larr; &mu; m + (1 - &tau;) g
 *   d = m                                    with nesterov: g + &mu; m
 *   for the views [out, -1] and [1, -1] of a w of two or more dimensions, the first with
 *       maxᵢ |cos(gᵢ, wᵢ)| &lt; &delta; / &radic;columns:
 *     dᵢ &larr; dᵢ - w^ᵢ &lt;w^ᵢ, dᵢ&gt;,  w^ᵢ = wᵢ / (|wᵢ| + &epsilon;),  and ratio = wd_ratio (else 1)
 *   w &larr; (1 - &gamma; &lambda; ratio / (1 - &mu;)) w
 *   w &larr; w - &gamma; d
 * </pre>
 *
 * <p>As in the paper's code, without nesterov d is m itself: what the projection takes away is gone
 * from m too.
 *
 * <p>The decay is decoupled from the gradient and divided by 1 - &mu;: at the same &lambda; it then
 * shrinks a weight as much as the L2 decay of {@link SGD} with momentum does.
 *
 * <p>Paper: Heo, Chun, Oh, Han, Yun, Kim, Uh and Ha, "AdamP: Slowing Down the Slowdown for Momentum
 * Optimizers on Scale-invariant Weights", ICLR 2021, arXiv 2006.08217.
 *
 * <p>Defaults are those of the paper's code (see {@link SGDPConfiguration}).
 *
 * <p>Cost: {@link SGD}'s kernel, one more pass over w and g for the cosines, and for projected
 * weights one over w and d; with decay one over the weights that are not projected. One tensor of
 * memory per parameter (none without momentum), and one of the size of the largest projected
 * parameter. Types: float, double, bfloat16, half, on cpu and cuda; contiguous float weights on the
 * cpu take the fastest way, half precision on the cpu the slowest.
 *
 * <p>Not for networks without normalization layers, where nothing is scale-invariant: it then is
 * momentum SGD with decoupled decay, for more time. {@link #projections()} tells.
 */
public final class SGDP extends SlotOptimizer {
  static final String NAME = "sgdp";

  private final SGDPConfiguration configuration;
  private final Projector projector;
  private final FusedSgd fused = new FusedSgd();

  /**
   * Creates the optimizer with {@linkplain SGDPConfiguration#defaults() default} coefficients.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public SGDP(List<ParameterGroup> groups) {
    this(groups, SGDPConfiguration.defaults());
  }

  /**
   * Creates the optimizer.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @param configuration the coefficients
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public SGDP(List<ParameterGroup> groups, SGDPConfiguration configuration) {
    super(NAME, groups, configuration.momentum() == 0 ? List.of() : List.of("momentum"));
    this.configuration = configuration;
    projector = new Projector(slots(), configuration.delta(), configuration.eps());
  }

  @Override
  public void step() {
    projector.step(this::move);
  }

  @Override
  protected void move(Bucket bucket) {
    ParameterGroup group = bucket.group();
    double decay = group.learningRate() * group.weightDecay() / (1 - configuration.momentum());
    projector.move(
        bucket,
        this::directions,
        1 - decay * configuration.wdRatio(),
        plain -> {
          List<Tensor> parameters = plain.parameters();
          if (decay > 0) {
            Scalar shrink = new Scalar(1 - decay);
            parameters.forEach(parameter -> parameter.mul_(shrink));
          }
          move(parameters, plain);
        });
  }

  /** The steps of projected parameters. */
  private RowKernel.Steps directions(Bucket bucket, Supplier<List<Tensor>> zeros) {
    if (configuration.momentum() > 0 && !configuration.nesterov()) {
      Scalar momentum = new Scalar(configuration.momentum());
      Scalar undampened = new Scalar(1 - configuration.dampening());
      List<Tensor> gradients = bucket.gradients();
      List<Tensor> moments = bucket.moments(0);
      for (int i = 0; i < moments.size(); i++) {
        moments.get(i).mul_(momentum).add_(gradients.get(i), undampened);
      }
      return new RowKernel.Steps(moments, -bucket.group().learningRate(), false);
    }
    List<Tensor> steps = zeros.get();
    move(steps, bucket);
    return new RowKernel.Steps(steps, 1, true);
  }

  /** Updates m and adds -&gamma; d to the targets. */
  private void move(List<Tensor> targets, Bucket bucket) {
    // Without momentum the kernel ignores the dampening: d = (1 - tau) g, or g with nesterov.
    double undampened =
        configuration.momentum() > 0 || configuration.nesterov()
            ? 1
            : 1 - configuration.dampening();
    double weightDecay = 0;
    boolean fromGradient = false; // unlike SGD's, the first m is dampened: it begins as 0
    fused.move(
        targets,
        bucket,
        new FusedSgd.Coefficients(
            bucket.group().learningRate() * undampened,
            weightDecay,
            configuration.momentum(),
            configuration.dampening(),
            configuration.nesterov(),
            fromGradient));
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
