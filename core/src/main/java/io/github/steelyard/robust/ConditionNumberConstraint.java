package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Penalty;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The scale-invariant condition number constraint (CNC): asks that a layer stretches all directions
 * alike. For each weight W as a matrix [out, in · height · width] of r = min(rows, columns), with G
 * the smaller of W W^T and W^T W and t = ||W||_F^2 / r, the mean squared singular value:
 *
 * <pre>
 * CNC(W) = log t - 1/r · logdet(G + eps · t · I)
 * penalty = strength · sum_W CNC(W)
 * </pre>
 *
 * <p>By the inequality of arithmetic and geometric means CNC is 0 where all singular values are
 * equal (condition number kappa = 1) and grows with their spread; eps moves that minimum to -log(1
 * + eps). It does not change when W is scaled. It bounds the condition number: {@code kappa < 2
 * exp(r/2 · CNC)} with eps = 0 (Guggenheimer, Edelman and Johnson, "A simple estimate of the
 * condition number of a linear system", 1995).
 *
 * <p>A matrix without full rank has a finite value, at most -log eps; the zero matrix has exactly
 * -log eps (13.8 with the default) and gradient 0, since no direction would improve it. A weight
 * that is not finite gives NaN, which ends a training with its reason.
 *
 * <p>Paper: Feng et al., 2025, arXiv 2503.20454. Known of the original is its name and that it is
 * built from the logarithm of the Frobenius norm; the form above is ours. eps = 1e-6 lets a
 * singular value count down to a thousandth of their root mean square.
 *
 * <p>Cost: one product of each matrix with its transpose and a Cholesky factorization of the small
 * product, in double precision, batched over layers of equal shape; no singular values. Not useful
 * for matrices of one row, where it is constant.
 *
 * @param strength the factor lambda_c, at least 0
 * @param epsilon the share of the mean squared singular value that is added, above 0 and below 1
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}
 */
public record ConditionNumberConstraint(double strength, double epsilon, List<String> layers)
    implements Penalty {
  /**
   * Checks the values.
   *
   * @param strength the factor, at least 0
   * @param epsilon above 0 and below 1
   * @param layers which layers, at least one pattern
   * @throws IllegalArgumentException if a value is out of range
   */
  public ConditionNumberConstraint {
    Strength.check(strength, "ConditionNumberConstraint");
    Checks.positive(epsilon, "ConditionNumberConstraint", "epsilon");
    if (epsilon >= 1) {
      throw new IllegalArgumentException(
          "ConditionNumberConstraint: epsilon must be below 1, but is " + epsilon);
    }
    layers = LayerWeights.requirePatterns(layers, "ConditionNumberConstraint");
  }

  /**
   * With eps 1e-6 on all layers.
   *
   * @param strength the factor, at least 0
   * @return the penalty
   * @throws IllegalArgumentException if the strength is negative or not finite
   */
  public static ConditionNumberConstraint of(double strength) {
    return new ConditionNumberConstraint(strength, 1e-6, List.of("*"));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a pattern matches no layer
   */
  @Override
  public Tensor compute(Module model) {
    List<Tensor> batches = WeightBatches.matrices(model, layers);
    ScalarType type = batches.get(0).scalar_type().intern();
    return batches.stream()
        .map(matrices -> measured(matrices).sum())
        .reduce(Tensor::add)
        .orElseThrow()
        .mul(new Scalar(strength))
        .to(type);
  }

  /**
   * CNC of one weight, without the strength.
   *
   * @param weight of two or more dimensions; the first one counts rows
   * @return a double-precision scalar with gradients recorded
   * @throws IllegalArgumentException if the weight has fewer dimensions or no element
   */
  public Tensor measure(Tensor weight) {
    if (weight.dim() < 2 || weight.numel() == 0) {
      throw new IllegalArgumentException(
          "a condition number needs a matrix with elements, but the weight's shape is "
              + Arrays.toString(weight.shape()));
    }
    return measured(weight.flatten(1, -1).unsqueeze(0)).sum();
  }

  /** CNC of each matrix [layers, rows, columns], [layers]. */
  private Tensor measured(Tensor matrices) {
    Tensor exact = matrices.to(ScalarType.Double);
    long rank = Math.min(exact.size(1), exact.size(2));
    Tensor meanSquare = exact.square().sum(1, 2).div(new Scalar((double) rank));
    // W / sqrt(t) instead of W: the logarithms of t cancel, and nothing over- or underflows.
    Tensor divisor =
        torch.where(meanSquare.eq(new Scalar(0.0)), torch.ones_like(meanSquare), meanSquare);
    Tensor scaled = exact.mul(divisor.rsqrt().reshape(-1, 1, 1));
    Tensor gram = WeightBatches.gram(scaled);
    Tensor lifted = gram.add(torch.eye(rank, gram.options()).mul(new Scalar(epsilon)));
    T_TensorTensor_T factored = torch.linalg_cholesky_ex(lifted);
    Tensor diagonal = factored.get0().diagonal(0, 1, 2);
    Tensor value = diagonal.log().sum(1).mul(new Scalar(-2.0 / rank));
    // What cannot be factored holds NaN or infinities; whatever stands in the factor is no value.
    Tensor failed = factored.get1().ne(new Scalar(0));
    return value.masked_fill(failed, new Scalar(Double.NaN));
  }
}
