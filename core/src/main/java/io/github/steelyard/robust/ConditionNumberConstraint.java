package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Penalty;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The condition number constraint (CNC) of Feng, Lin, Gao and Wei, "Lipschitz Constant Meets
 * Condition Number: Learning Robust and Compact Deep Neural Networks", 2025, arXiv 2503.20454, in
 * the form of the authors' code. For the last linear layer's weight W [out, in]:
 *
 * <pre>
 * penalty = strength · (log(1e-5 + det(W W^T / out)))^2
 * gradient = strength · 2 y · s · 2 / out · (W W^T / out)^-1 W,
 *            y = log(1e-5 + det), s = det / (1e-5 + det)
 * </pre>
 *
 * <p>It is 0 where the determinant is 1 (less 1e-5), which fixes scale and conditioning together:
 * by the inequality of arithmetic and geometric means, unequal singular values need a larger norm
 * for the same determinant.
 *
 * <p>The determinant is a product of as many numbers as there are classes, so it leaves the range
 * of floats for hundreds of them. Here its logarithm d comes from a Cholesky factor in double
 * precision, and y = log(1e-5 + exp d) is computed without exp d; where the code's determinant is
 * finite the value is the same. Far below 1e-5 the penalty is the constant log(1e-5)^2 = 132.55 and
 * hardly has a gradient: as a PyTorch layer begins, W W^T / out has a diagonal of 1 / (3 out), so
 * that 10 classes begin at a determinant below 1e-14 and 1,000 classes stay there unless something
 * else makes W larger. Without full rank, as with more classes than inputs, it is exactly that
 * constant, with gradient 0. {@link LogDeterminantPenalty} has neither limit.
 *
 * <p>Cost: out^2 · in operations for the product and as many for the gradient, and out^3 / 3 for
 * the factor, in double precision, whatever the batch.
 *
 * @param strength the factor, at least 0; the authors have 1
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}; empty for the last
 *     linear layer, as the authors have it
 */
public record ConditionNumberConstraint(double strength, List<String> layers) implements Penalty {
  private static final double OFFSET = 1e-5;

  /**
   * Checks the values.
   *
   * @param strength at least 0
   * @param layers patterns; empty for the last linear layer
   * @throws IllegalArgumentException if a value is out of range
   */
  public ConditionNumberConstraint {
    Strength.check(strength, "ConditionNumberConstraint");
    layers =
        layers.isEmpty()
            ? List.of()
            : LayerWeights.requirePatterns(layers, "ConditionNumberConstraint");
  }

  /**
   * On the last linear layer.
   *
   * @param strength the factor, at least 0
   * @return the penalty
   * @throws IllegalArgumentException if the strength is negative or not finite
   */
  public static ConditionNumberConstraint of(double strength) {
    return new ConditionNumberConstraint(strength, List.of());
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if there is no linear layer, a pattern matches none, a chosen
   *     layer is a convolution or has one output
   */
  @Override
  public Tensor compute(Module model) {
    Tensor sum = null;
    for (Map.Entry<String, Parameter> entry : chosen(model).entrySet()) {
      requireMatrix(entry.getKey(), entry.getValue().shape());
      Tensor weight = entry.getValue().value();
      Tensor measured = measure(weight).to(weight.scalar_type().intern());
      sum = sum == null ? measured : sum.add(measured);
    }
    return sum.mul(new Scalar(strength));
  }

  private Map<String, Parameter> chosen(Module model) {
    if (!layers.isEmpty()) {
      return LayerWeights.matching(model, layers);
    }
    Map.Entry<String, Parameter> last = null;
    for (Map.Entry<String, Parameter> entry : LayerWeights.of(model).entrySet()) {
      last = entry.getValue().tensor().dim() == 2 ? entry : last;
    }
    if (last == null) {
      throw new IllegalArgumentException(
          "ConditionNumberConstraint: " + model + " has no linear layer");
    }
    return Map.of(last.getKey(), last.getValue());
  }

  private static void requireMatrix(String path, long[] shape) {
    if (shape.length != 2) {
      throw new IllegalArgumentException(
          "ConditionNumberConstraint: it is for linear layers, but the weight of '"
              + path
              + "' has shape "
              + Arrays.toString(shape)
              + "; use LogDeterminantPenalty for convolutions");
    }
    if (shape[0] < 2) {
      throw new IllegalArgumentException(
          "ConditionNumberConstraint: '"
              + path
              + "' has one output (a single class), whose condition number is 1 whatever its"
              + " weights; leave the constraint out");
    }
  }

  /**
   * The constraint of one weight, without the strength.
   *
   * @param weight [out, in]
   * @return a double-precision scalar with gradients recorded; NaN for a weight that is not finite
   * @throws IllegalArgumentException if the weight is no matrix with elements
   */
  public static Tensor measure(Tensor weight) {
    if (weight.dim() != 2 || weight.numel() == 0) {
      throw new IllegalArgumentException(
          "a condition number needs a matrix with elements, but the weight's shape is "
              + Arrays.toString(weight.shape()));
    }
    List<Tensor> known = Scope.computeWithoutGradient(() -> valueAndGradient(weight.detach()));
    return KnownGradient.record(weight, known.get(1), known.get(0));
  }

  private static List<Tensor> valueAndGradient(Tensor weight) {
    Tensor matrix = weight.to(ScalarType.Double);
    long out = matrix.size(0);
    Tensor gram = matrix.mm(matrix.t()).div_(new Scalar((double) out));
    double largest = gram.diagonal().max().item_double();
    T_TensorTensor_T factored = torch.linalg_cholesky_ex(gram);
    Tensor pivots = factored.get0().diagonal().square();
    if (!Double.isFinite(gram.sum().item_double())) {
      return List.of(scalar(Double.NaN), torch.zeros_like(weight));
    }
    // A pivot that rounding alone can make stands for 0.
    double rounding = out * Math.ulp(1.0) * largest;
    if (factored.get1().item_int() != 0 || !(pivots.min().item_double() > rounding)) {
      double value = Math.log(OFFSET);
      return List.of(scalar(value * value), torch.zeros_like(weight));
    }
    double above = pivots.log().sum().item_double() - Math.log(OFFSET);
    // log(1e-5 + exp d) with d = above + log 1e-5, without exp d.
    double y = Math.log(OFFSET) + Math.max(above, 0) + Math.log1p(Math.exp(-Math.abs(above)));
    double share = 1 / (1 + Math.exp(-above));
    Tensor solved = torch.cholesky_solve(matrix, factored.get0());
    Tensor gradient = solved.mul_(new Scalar(4 * y * share / out));
    return List.of(scalar(y * y), gradient.to(weight.scalar_type().intern()));
  }

  private static Tensor scalar(double value) {
    return torch.scalar_tensor(new Scalar(value), new TensorOptions(ScalarType.Double));
  }
}
