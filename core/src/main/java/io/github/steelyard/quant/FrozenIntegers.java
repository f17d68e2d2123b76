package io.github.steelyard.quant;

import io.github.steelyard.runtime.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Levels that are held whatever the latent weights do; none at first. */
final class FrozenIntegers {
  private Tensor mask;
  private Tensor levels;

  /** Copies both, which have the weight's shape; the mask is true where a level is held. */
  void hold(Tensor held, Tensor heldLevels) {
    if (mask == null) {
      mask = Scope.keep(held.detach().clone());
      levels = Scope.keep(heldLevels.detach().clone());
    } else { // In place: this is called at each step.
      mask.copy_(held);
      levels.copy_(heldLevels);
    }
  }

  void release() {
    if (mask != null) {
      mask.close();
      levels.close();
      mask = null;
      levels = null;
    }
  }

  /** Puts what is held on a number outside the range, in place, so that it passes no gradient. */
  Tensor outOfRange_(Tensor ratio, double outside) {
    return mask == null ? ratio : ratio.masked_fill_(mask, new Scalar(outside));
  }

  /** The levels with those that are held in their places. */
  Tensor over(Tensor level) {
    return mask == null ? level : torch.where(mask, levels.to(level.scalar_type().intern()), level);
  }
}
