package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A sum of matrices over batches, in double precision. */
final class Sums {
  private Tensor sum;

  void add(Tensor term) {
    if (sum == null) {
      sum = Scope.keep(term.to(ScalarType.Double).detach().clone());
    } else {
      sum.add_(term);
    }
  }

  Tensor value() {
    return sum.cpu();
  }
}
