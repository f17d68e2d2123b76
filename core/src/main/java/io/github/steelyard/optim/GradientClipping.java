package io.github.steelyard.optim;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Bounds gradients between the backward pass and the optimizer's step. With accumulated gradients,
 * clip once, after the last backward pass.
 */
public final class GradientClipping {
  /** As in PyTorch: keeps the quotient finite. */
  private static final double TINY = 1e-6;

  private GradientClipping() {}

  /**
   * The norm of all gradients together.
   *
   * @param groups the parameters; those without a gradient are left out
   * @return the Euclidean norm of all gradients as one vector; 0 without any
   */
  public static double norm(Iterable<ParameterGroup> groups) {
    return Scope.computeWithoutGradient(() -> norm(gradients(groups)));
  }

  /**
   * Scales all gradients by one factor, so that their norm is at most a limit. The direction stays.
   * If the norm is not finite, the gradients are left as they are, for the caller to see.
   *
   * @param groups the parameters
   * @param limit the largest norm, above 0
   * @return the norm before clipping; it may be infinite or NaN
   * @throws IllegalArgumentException if the limit is not above 0
   */
  public static double byNorm(Iterable<ParameterGroup> groups, double limit) {
    requireAboveZero(limit);
    return Scope.computeWithoutGradient(
        () -> {
          List<Tensor> gradients = gradients(groups);
          double norm = norm(gradients);
          if (norm > limit && Double.isFinite(norm)) {
            Scalar factor = new Scalar(limit / (norm + TINY));
            gradients.forEach(gradient -> gradient.mul_(factor));
          }
          return norm;
        });
  }

  private static void requireAboveZero(double limit) {
    if (!(limit > 0)) {
      throw new IllegalArgumentException(
          "the limit of gradient clipping must be above 0, but is " + limit);
    }
  }

  private static List<Tensor> gradients(Iterable<ParameterGroup> groups) {
    List<Tensor> gradients = new ArrayList<>();
    for (ParameterGroup group : groups) {
      for (Parameter parameter : group.parameters().values()) {
        Tensor gradient = parameter.grad();
        if (gradient.defined()) {
          gradients.add(gradient);
        }
      }
    }
    return gradients;
  }

  private static double norm(List<Tensor> gradients) {
    if (gradients.isEmpty()) {
      return 0;
    }
    TensorVector norms = new TensorVector();
    for (Tensor gradient : gradients) {
      norms.push_back(torch.linalg_vector_norm(gradient).to(ScalarType.Double));
    }
    // One number leaves the device, so that a step waits for it once.
    return torch.linalg_vector_norm(torch.stack(norms)).item_double();
  }
}
