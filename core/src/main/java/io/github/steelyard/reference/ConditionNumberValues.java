package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.robust.ConditionNumberConstraint;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Values and gradients of {@link ConditionNumberConstraint}, in float64. Tensors: {@code
 * c<k>.weight}, {@code .penalty} and {@code .grad_weight}.
 */
final class ConditionNumberValues implements ReferenceKind {
  private static final String WEIGHT = ".weight";

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return CaseList.isKind(file, "condition-number");
  }

  @Override
  public double tolerance() {
    return 1e-9;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    List<String> weights =
        file.tensors().keySet().stream().filter(name -> name.endsWith(WEIGHT)).sorted().toList();
    for (String name : weights) {
      String base = name.substring(0, name.length() - WEIGHT.length());
      Tensor weight = Tensors.read(file, name);
      weight.set_requires_grad(true);
      Tensor penalty = ConditionNumberConstraint.measure(weight);
      penalty.backward();
      deviation.compare(
          base + ".penalty", penalty.reshape(1), Tensors.read(file, base + ".penalty"));
      // Without full rank the gradient is 0, and what the published code gives is rounding.
      boolean isZero = size(weight.grad()) == 0;
      deviation.compare(
          base + ".grad_weight",
          weight.grad(),
          Tensors.read(file, base + ".grad_weight"),
          isZero ? penalty.item_double() / size(weight) : 0);
    }
  }

  private static double size(Tensor tensor) {
    return tensor.norm(new Scalar(2)).item_double();
  }
}
