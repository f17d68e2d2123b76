package io.github.steelyard.optim;

import java.util.List;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Takes steps of weights in half precision in single precision. The squares of usual gradients are
 * below what a half can hold, and what one step adds to a second moment is below what a bfloat16
 * can resolve.
 */
final class HalfPrecision {
  private HalfPrecision() {}

  static boolean is(Tensor tensor) {
    return is(tensor.scalar_type().intern());
  }

  static boolean is(ScalarType type) {
    return type == ScalarType.Half || type == ScalarType.BFloat16;
  }

  /** The tensor, in single precision if it was in half. */
  static Tensor widened(Tensor tensor) {
    return is(tensor) ? tensor.to(ScalarType.Float) : tensor;
  }

  /** Moves targets by gradients, both of one type, in at least single precision. */
  static void step(
      List<Tensor> targets, List<Tensor> gradients, BiConsumer<List<Tensor>, List<Tensor>> move) {
    if (!is(targets.get(0))) {
      move.accept(targets, gradients);
      return;
    }
    List<Tensor> wide = targets.stream().map(HalfPrecision::widened).toList();
    move.accept(wide, gradients.stream().map(HalfPrecision::widened).toList());
    for (int i = 0; i < targets.size(); i++) {
      targets.get(i).copy_(wide.get(i));
    }
  }
}
