package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Penalty;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The scale-invariant log-determinant penalty (C): asks that each layer stretches all directions
 * alike. For each weight W as a matrix [out, in · height · width] of r = min(rows, columns), with G
 * the smaller of W W^T and W^T W and t = ||W||_F^2 / r, the mean squared singular value:
 *
 * <pre>
 * C(W) = log t - 1/r · logdet(G + eps · t · I)
 * penalty = strength · sum_W C(W)
 * </pre>
 *
 * <p>By the inequality of arithmetic and geometric means C is 0 where all singular values are equal
 * (condition number kappa = 1) and grows with their spread; eps moves that minimum to -log(1 +
 * eps). It does not change when W is scaled. It bounds the condition number: {@code kappa < 2
 * exp(r/2 · C)} with eps = 0 (Guggenheimer, Edelman and Johnson, "A simple estimate of the
 * condition number of a linear system", 1995).
 *
 * <p>A matrix without full rank has a finite value, at most -log eps; the zero matrix has exactly
 * -log eps (13.8 with the default) and gradient 0, since no direction would improve it. A weight
 * that is not finite gives NaN, which ends a training with its reason.
 *
 * <p>This is a variant of our own of the {@link ConditionNumberConstraint} of Feng et al. (2025,
 * arXiv 2503.20454), which acts on the last linear layer alone and fixes its scale as well. eps =
 * 1e-6 lets a singular value count down to a thousandth of their root mean square.
 *
 * <p>The gradient is written down in closed form, with P = (G / t + eps I)^-1:
 *
 * <pre>
 * dC/dW = 2 / (r t) · ((1 - eps · trace(P) / r) I - P) W
 * </pre>
 *
 * <p>Cost: one product of each matrix with its transpose, a Cholesky factorization of the small
 * product and its inverse, in double precision, and one product of the small inverse with the
 * matrix in the weights' own precision; batched over layers of equal shape; no singular values.
 * That is about 4 r operations a weight, whatever the batch: a small share where a weight meets
 * many positions (convolutions) or samples, a large one for wide linear layers and small batches.
 * Not useful for matrices of one row, where it is constant.
 *
 * @param strength the factor, at least 0
 * @param epsilon the share of the mean squared singular value that is added, above 0 and below 1
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}
 */
public record LogDeterminantPenalty(double strength, double epsilon, List<String> layers)
    implements Penalty {
  /**
   * Checks the values.
   *
   * @param strength the factor, at least 0
   * @param epsilon above 0 and below 1
   * @param layers which layers, at least one pattern
   * @throws IllegalArgumentException if a value is out of range
   */
  public LogDeterminantPenalty {
    Strength.check(strength, "LogDeterminantPenalty");
    Checks.positive(epsilon, "LogDeterminantPenalty", "epsilon");
    if (epsilon >= 1) {
      throw new IllegalArgumentException(
          "LogDeterminantPenalty: epsilon must be below 1, but is " + epsilon);
    }
    layers = LayerWeights.requirePatterns(layers, "LogDeterminantPenalty");
  }

  /**
   * With eps 1e-6 on all layers.
   *
   * @param strength the factor, at least 0
   * @return the penalty
   * @throws IllegalArgumentException if the strength is negative or not finite
   */
  public static LogDeterminantPenalty of(double strength) {
    return new LogDeterminantPenalty(strength, 1e-6, List.of("*"));
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
        .map(this::measured)
        .reduce(Tensor::add)
        .orElseThrow()
        .mul(new Scalar(strength))
        .to(type);
  }

  /**
   * C of one weight, without the strength.
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
    return measured(weight.flatten(1, -1).unsqueeze(0));
  }

  /** The sum of C over matrices [layers, rows, columns], in double precision. */
  private Tensor measured(Tensor matrices) {
    List<Tensor> known = Scope.computeWithoutGradient(() -> valueAndGradient(matrices.detach()));
    return KnownGradient.record(matrices, known.get(1), known.get(0));
  }

  private List<Tensor> valueAndGradient(Tensor matrices) {
    Tensor lifted = WeightBatches.gram(matrices.to(ScalarType.Double));
    long rank = lifted.size(1);
    Tensor diagonal = lifted.diagonal(0, 1, 2);
    Tensor meanSquare = diagonal.mean(1);
    meanSquare.masked_fill_(meanSquare.eq(new Scalar(0.0)), new Scalar(1.0));
    // G / t instead of G: the logarithms of t cancel.
    lifted.div_(meanSquare.reshape(-1, 1, 1));
    diagonal.add_(new Scalar(epsilon));
    T_TensorTensor_T factored = torch.linalg_cholesky_ex(lifted);
    Tensor values = factored.get0().diagonal(0, 1, 2).log().sum(1).mul_(new Scalar(-2.0 / rank));
    // What cannot be factored holds NaN or infinities; whatever stands in the factor is no value.
    values.masked_fill_(factored.get1().ne(new Scalar(0)), new Scalar(Double.NaN));

    // dC/dW = 2 / (r t) ((1 - eps trace(P) / r) I - P) W, P = (G / t + eps I)^-1
    Tensor factor = torch.cholesky_inverse(factored.get0());
    Tensor inverseDiagonal = factor.diagonal(0, 1, 2);
    Tensor shift = inverseDiagonal.mean(1).mul_(new Scalar(-epsilon)).add_(new Scalar(1.0));
    factor.neg_();
    inverseDiagonal.add_(shift.unsqueeze(1));
    // The product in the weights' own precision; 1 / sqrt(t) twice, as 1 / t may overflow there.
    ScalarType type = matrices.scalar_type().intern();
    Tensor scale = meanSquare.rsqrt_().to(type).reshape(-1, 1, 1);
    Tensor narrow = factor.mul_(new Scalar(2.0 / rank)).to(type);
    Tensor gradient = matrices.size(1) == rank ? narrow.bmm(matrices) : matrices.bmm(narrow);
    return List.of(values.sum(), gradient.mul_(scale).mul_(scale));
  }
}
