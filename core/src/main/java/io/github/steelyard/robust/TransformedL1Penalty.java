package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Penalty;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Transformed L1 of the weights themselves: a smooth count of the weights that are not zero, by
 * which weights gather near zero before they are pruned:
 *
 * <pre>
 * penalty = strength · sum_w rho(w),   rho(w) = (beta + 1) |w| / (beta + |w|)
 * gradient: drho/dw = (beta + 1) beta sign(w) / (beta + |w|)^2,  0 at w = 0
 * </pre>
 *
 * over the weights that the layers see (after masks and other parametrizations). rho(1) = 1 for
 * every beta; beta -&gt; 0 counts the weights that are not zero, beta -&gt; infinity is {@link
 * L1Penalty}. Small weights are pulled harder than large ones, unlike with L1.
 *
 * <p>Paper: Zhang and Xin, "Minimization of transformed L1 penalty: theory, difference of convex
 * function algorithm, and robust application in compressed sensing", Mathematical Programming,
 * 2018, arXiv 1411.5735; beta = 1 is its customary value. This is a variant of our own of the
 * {@link TransformedSparseConstraint} of Feng et al. (2025), which takes the same function of the
 * expected cost of each channel's gate.
 *
 * <p>Cost: about ten passes over the weights, forward and backward, nothing that depends on the
 * batch. The sum grows with the number of weights, so that a useful strength is small, such as
 * 1e-5. Do not use it where nothing is pruned afterwards: it only shrinks.
 *
 * @param strength the factor, at least 0
 * @param beta the shape, above 0
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}
 */
public record TransformedL1Penalty(double strength, double beta, List<String> layers)
    implements Penalty {
  /**
   * Checks the values.
   *
   * @param strength the factor, at least 0
   * @param beta the shape, above 0
   * @param layers which layers, at least one pattern
   * @throws IllegalArgumentException if a value is out of range
   */
  public TransformedL1Penalty {
    Strength.check(strength, "TransformedL1Penalty");
    Checks.positive(beta, "TransformedL1Penalty", "beta");
    layers = LayerWeights.requirePatterns(layers, "TransformedL1Penalty");
  }

  /**
   * With beta 1 on all layers.
   *
   * @param strength the factor, at least 0
   * @return the penalty
   * @throws IllegalArgumentException if the strength is negative or not finite
   */
  public static TransformedL1Penalty of(double strength) {
    return new TransformedL1Penalty(strength, 1, List.of("*"));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a pattern matches no layer
   */
  @Override
  public Tensor compute(Module model) {
    return measure(WeightBatches.flat(model, layers)).mul(new Scalar(strength));
  }

  /**
   * The sum of rho over a tensor, without the strength.
   *
   * @param weight any shape
   * @return a scalar with gradients recorded
   */
  public Tensor measure(Tensor weight) {
    List<Tensor> known = Scope.computeWithoutGradient(() -> valueAndGradient(weight.detach()));
    return KnownGradient.record(weight, known.get(1), known.get(0));
  }

  private List<Tensor> valueAndGradient(Tensor weight) {
    // With |w| / beta in the place of |w|, so that no power of beta leaves the range of floats.
    Tensor size = weight.abs();
    Tensor lifted = size.div(new Scalar(beta)).add_(new Scalar(1.0));
    Scalar factor = new Scalar((beta + 1) / beta);
    Tensor value = size.div_(lifted).sum().mul_(factor);
    return List.of(value, weight.sign().div_(lifted).div_(lifted).mul_(factor));
  }
}
