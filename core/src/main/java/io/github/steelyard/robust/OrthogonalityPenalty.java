package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Penalty;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The soft orthogonality of rows, {@code strength · sum_W ||W W^T - I||_F^2} (Bansal, Chen and
 * Wang, "Can we gain more from orthogonality regularizations in training deep networks?", NeurIPS
 * 2018): the baseline of {@link LogDeterminantPenalty}, over the same matrices. A convolution's
 * weight is the matrix [out, in · height · width]. Rows of a matrix with more rows than columns
 * cannot be orthogonal; its columns are asked to be ({@code W^T W}).
 *
 * <p>Unlike {@link LogDeterminantPenalty} it also fixes the size: 0 only where all singular values
 * are 1. The gradient is {@code 4 strength (W W^T - I) W}. Cost: one product of each matrix with
 * its transpose and one of the result with the matrix.
 *
 * @param strength the factor, at least 0
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}
 */
public record OrthogonalityPenalty(double strength, List<String> layers) implements Penalty {
  /**
   * Checks the values.
   *
   * @param strength the factor, at least 0
   * @param layers which layers, at least one pattern
   * @throws IllegalArgumentException if a value is out of range
   */
  public OrthogonalityPenalty {
    Strength.check(strength, "OrthogonalityPenalty");
    layers = LayerWeights.requirePatterns(layers, "OrthogonalityPenalty");
  }

  /**
   * On all layers.
   *
   * @param strength the factor, at least 0
   * @return the penalty
   * @throws IllegalArgumentException if the strength is negative or not finite
   */
  public static OrthogonalityPenalty of(double strength) {
    return new OrthogonalityPenalty(strength, List.of("*"));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a pattern matches no layer
   */
  @Override
  public Tensor compute(Module model) {
    return WeightBatches.matrices(model, layers).stream()
        .map(OrthogonalityPenalty::distance)
        .reduce(Tensor::add)
        .orElseThrow()
        .mul(new Scalar(strength));
  }

  private static Tensor distance(Tensor matrices) {
    List<Tensor> known = Scope.computeWithoutGradient(() -> valueAndGradient(matrices.detach()));
    return KnownGradient.record(matrices, known.get(1), known.get(0));
  }

  private static List<Tensor> valueAndGradient(Tensor matrices) {
    Tensor difference = WeightBatches.gram(matrices);
    difference.diagonal(0, 1, 2).sub_(new Scalar(1.0));
    Tensor gradient =
        matrices.size(1) == difference.size(1)
            ? difference.bmm(matrices)
            : matrices.bmm(difference);
    return List.of(difference.square().sum(), gradient.mul_(new Scalar(4.0)));
  }
}
