package io.github.steelyard.train;

import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The Euclidean norm of all gradients together. */
final class GradientNorm {
  private GradientNorm() {}

  static double of(List<ParameterGroup> groups) {
    return Scope.computeWithoutGradient(
        () -> {
          TensorVector norms = new TensorVector();
          each(groups, gradient -> norms.push_back(torch.linalg_vector_norm(gradient)));
          return norms.empty() ? 0 : torch.linalg_vector_norm(torch.stack(norms)).item_double();
        });
  }

  static void scale(List<ParameterGroup> groups, double factor) {
    Scope.withoutGradient(
        () -> {
          Scalar scalar = new Scalar(factor);
          each(groups, gradient -> gradient.mul_(scalar));
        });
  }

  private static void each(List<ParameterGroup> groups, Consumer<Tensor> use) {
    for (ParameterGroup group : groups) {
      group
          .parameters()
          .values()
          .forEach(
              parameter -> {
                Tensor gradient = parameter.grad();
                if (gradient.defined()) {
                  use.accept(gradient);
                }
              });
    }
  }
}
