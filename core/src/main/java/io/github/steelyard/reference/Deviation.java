package io.github.steelyard.reference;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Collects how far computed tensors are from expected ones, and where the farthest is. */
final class Deviation {
  private double absolute;
  private double relative = -1;
  private String where = "nothing was compared";

  /**
   * Compares one tensor, in double precision.
   *
   * @param what its name, for the report
   * @param computed what this engine computed
   * @param expected what was published
   * @throws IllegalArgumentException if the shapes differ
   */
  void compare(String what, Tensor computed, Tensor expected) {
    compare(what, computed, expected, 0);
  }

  /**
   * Compares one tensor that may be zero up to rounding, as a sum of large terms that cancel.
   *
   * @param what its name, for the report
   * @param computed what this engine computed
   * @param expected what was published
   * @param terms the size of what was summed; below a ten-thousandth of it, the tensor counts as
   *     zero and its error is taken relative to this size
   * @throws IllegalArgumentException if the shapes differ
   */
  void compare(String what, Tensor computed, Tensor expected, double terms) {
    if (!Arrays.equals(computed.shape(), expected.shape())) {
      throw new IllegalArgumentException(
          what
              + " has the shape "
              + Arrays.toString(expected.shape())
              + " in the file, but "
              + Arrays.toString(computed.shape())
              + " was computed");
    }
    Scope.withoutGradient(
        () -> {
          Tensor reference = expected.to(ScalarType.Double);
          Tensor difference = computed.to(ScalarType.Double).sub(reference);
          double size = reference.norm(new Scalar(2)).item_double();
          double error = difference.norm(new Scalar(2)).item_double();
          double base = size < 1e-4 * terms ? terms : size;
          record(what, largest(difference), error == 0 ? 0 : error / base);
        });
  }

  private static double largest(Tensor difference) {
    return difference.numel() == 0 ? 0 : difference.abs().max().item_double();
  }

  private void record(String what, double absoluteError, double relativeError) {
    // Written so that a NaN counts as the largest error and stays.
    absolute = absoluteError <= absolute ? absolute : absoluteError;
    if (!(relativeError <= relative) && !Double.isNaN(relative)) {
      relative = relativeError;
      where = what;
    }
  }

  ReferenceResult result(String name, double tolerance) {
    return new ReferenceResult(
        name,
        relative >= 0 && relative < tolerance
            ? ReferenceResult.Outcome.PASSED
            : ReferenceResult.Outcome.FAILED,
        absolute,
        relative < 0 ? Double.NaN : relative,
        tolerance,
        where);
  }
}
