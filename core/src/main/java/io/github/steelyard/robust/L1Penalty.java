package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Penalty;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The sum of absolute weights, {@code strength · sum_w |w|} (Tibshirani, "Regression shrinkage and
 * selection via the lasso", 1996): the baseline of {@link TransformedL1Penalty}, over the same
 * weights. The gradient is {@code strength · sign(w)}, 0 at w = 0. Cost: five passes over the
 * weights, forward and backward. It shrinks large weights as much as small ones.
 *
 * @param strength the factor, at least 0
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}
 */
public record L1Penalty(double strength, List<String> layers) implements Penalty {
  /**
   * Checks the values.
   *
   * @param strength the factor, at least 0
   * @param layers which layers, at least one pattern
   * @throws IllegalArgumentException if a value is out of range
   */
  public L1Penalty {
    Strength.check(strength, "L1Penalty");
    layers = LayerWeights.requirePatterns(layers, "L1Penalty");
  }

  /**
   * On all layers.
   *
   * @param strength the factor, at least 0
   * @return the penalty
   * @throws IllegalArgumentException if the strength is negative or not finite
   */
  public static L1Penalty of(double strength) {
    return new L1Penalty(strength, List.of("*"));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a pattern matches no layer
   */
  @Override
  public Tensor compute(Module model) {
    Tensor weights = WeightBatches.flat(model, layers);
    // |w| = w sign(w), with the sign as its gradient.
    return weights.dot(weights.detach().sign()).mul(new Scalar(strength));
  }
}
