package io.github.steelyard.runtime;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;

/** The backward pass of a sum over ranks: the sum of the ranks' gradients. */
final class GradientSum extends TensorTensorHook {
  /** It has no state, so one is enough; libtorch does not say when it is done with a hook. */
  static final GradientSum HOOK = new GradientSum().retainReference();

  private GradientSum() {}

  @Override
  public TensorBase call(TensorBase gradient) {
    Tensor sum = new Tensor(gradient).detach().contiguous().clone();
    Distributed.current().sum(sum);
    return sum;
  }
}
