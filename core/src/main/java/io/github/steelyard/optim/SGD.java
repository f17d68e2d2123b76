package io.github.steelyard.optim;

import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Stochastic gradient descent with momentum, as PyTorch has it.
 *
 * <pre>
 *   g &larr; g + &lambda; w                 (L2 decay)      or   w &larr; (1 - &gamma; &lambda;) w   (decoupled)
 *   b &larr; &mu; b + (1 - &tau;) g         (the first b is g)
 *   w &larr; w - &gamma; (g + &mu; b)       with nesterov,  else   w &larr; w - &gamma; b
 * </pre>
 *
 * <p>Papers: Sutskever et al., "On the importance of initialization and momentum in deep learning",
 * ICML 2013 (momentum); Loshchilov and Hutter, ICLR 2019, arXiv 1711.05101 (decoupled decay).
 *
 * <p>Defaults are those of PyTorch's {@code torch.optim.SGD} (see {@link SGDConfiguration}).
 *
 * <p>Cost: one pass of libtorch's fused kernel ({@code _fused_sgd_}) over w, g and b; one tensor of
 * memory per parameter, none without momentum. Decoupled decay adds a pass over w. Types: float,
 * double, bfloat16, half, on cpu and cuda; half precision on the cpu goes by plain operations,
 * because the kernel does not move it.
 *
 * <p>Not for scale-invariant weights with a large momentum, whose norm it lets grow: {@link SGDP}
 * is made for them.
 */
public final class SGD extends SlotOptimizer {
  static final String NAME = "sgd";

  private final SGDConfiguration configuration;
  private final FusedSgd fused = new FusedSgd();

  /**
   * Creates the optimizer with {@linkplain SGDConfiguration#defaults() default} coefficients.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public SGD(List<ParameterGroup> groups) {
    this(groups, SGDConfiguration.defaults());
  }

  /**
   * Creates the optimizer.
   *
   * @param groups the parameters with their learning rates &gamma; and weight decays &lambda;
   * @param configuration the coefficients
   * @throws IllegalArgumentException if there is no group, a parameter appears twice, or one is of
   *     an unsupported type or device
   */
  public SGD(List<ParameterGroup> groups, SGDConfiguration configuration) {
    super(NAME, groups, configuration.momentum() == 0 ? List.of() : List.of("momentum_buffer"));
    this.configuration = configuration;
  }

  @Override
  protected void move(Bucket bucket) {
    double learningRate = bucket.group().learningRate();
    double weightDecay = bucket.group().weightDecay();
    List<Tensor> parameters = bucket.parameters();
    if (configuration.decoupled() && weightDecay > 0) {
      Scalar shrink = new Scalar(1 - learningRate * weightDecay);
      parameters.forEach(parameter -> parameter.mul_(shrink));
    }
    fused.move(
        parameters,
        bucket,
        new FusedSgd.Coefficients(
            learningRate,
            configuration.decoupled() ? 0 : weightDecay,
            configuration.momentum(),
            configuration.dampening(),
            configuration.nesterov(),
            bucket.step() == 1));
  }
}
