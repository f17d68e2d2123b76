package io.github.steelyard.optim;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Layout;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** One parameter of an optimizer, with the number of its steps and its moments. */
final class Slot {
  private static final Set<ScalarType> SUPPORTED =
      Set.of(ScalarType.Float, ScalarType.Double, ScalarType.BFloat16, ScalarType.Half);

  final String name;
  final Parameter parameter;
  final ParameterGroup group;
  final List<String> momentNames;

  /** How many steps moved this parameter. */
  long steps;

  /** Empty before the first step, then one tensor per moment of the optimizer. */
  List<Tensor> moments = List.of();

  private final boolean wide;

  Slot(
      String name,
      Parameter parameter,
      ParameterGroup group,
      List<String> momentNames,
      boolean wide) {
    this.wide = wide;
    this.name = name;
    this.parameter = parameter;
    this.group = group;
    this.momentNames = momentNames;
    requireSupported(parameter.tensor());
  }

  private void requireSupported(Tensor tensor) {
    if (!SUPPORTED.contains(tensor.scalar_type().intern())) {
      throw new IllegalArgumentException(
          "the parameter '"
              + name
              + "' is of type "
              + tensor.scalar_type().intern()
              + "; optimizers move Float, Double, BFloat16 and Half");
    }
    if (tensor.layout().intern() != Layout.Strided || !tensor.is_non_overlapping_and_dense()) {
      throw new IllegalArgumentException(
          "the parameter '"
              + name
              + "' does not lie densely in memory; make it from a contiguous() tensor");
    }
    if (!tensor.is_cpu() && !tensor.is_cuda()) {
      throw new IllegalArgumentException(
          "the parameter '"
              + name
              + "' is on "
              + tensor.device().str().getString()
              + "; optimizers work on cpu and cuda");
    }
  }

  boolean hasGradient() {
    return parameter.grad().defined();
  }

  /**
   * Checks that this parameter can be moved now: its tensor may have been converted, moved or
   * replaced since the last step.
   *
   * @throws IllegalStateException if it cannot
   */
  void requireMovable() {
    Tensor tensor = parameter.tensor();
    Tensor gradient = parameter.grad();
    if (gradient.layout().intern() != Layout.Strided) {
      throw new IllegalStateException(
          "the gradient of '" + name + "' is sparse; optimizers need a dense one");
    }
    requireLike("gradient", gradient, tensor, tensor.scalar_type().intern());
    if (moments.isEmpty()) {
      requireSupported(tensor);
    } else {
      requireLike("optimizer's state", moments.get(0), tensor, momentType());
    }
  }

  /** The element type of the moments. */
  ScalarType momentType() {
    Tensor tensor = parameter.tensor();
    return wide && HalfPrecision.is(tensor) ? ScalarType.Float : tensor.scalar_type().intern();
  }

  private void requireLike(String what, Tensor given, Tensor tensor, ScalarType type) {
    if (given.scalar_type().intern() != type
        || !given.device().equals(tensor.device())
        || !Arrays.equals(given.shape(), tensor.shape())) {
      throw new IllegalStateException(
          "the parameter '"
              + name
              + "' is "
              + describe(tensor)
              + ", but its "
              + what
              + " is "
              + describe(given)
              + "; convert or move a model before its optimizer's first step");
    }
  }

  static String describe(Tensor tensor) {
    return tensor.scalar_type().intern()
        + Arrays.toString(tensor.shape())
        + " on "
        + tensor.device().str().getString();
  }

  /**
   * The gradient, laid out in memory like the parameter: the kernels walk both as plain arrays.
   *
   * @return the gradient itself where it lies like the parameter, else a copy
   */
  Tensor gradient() {
    Tensor tensor = parameter.tensor();
    Tensor gradient = parameter.grad();
    return liesLike(gradient, tensor) ? gradient : torch.empty_like(tensor).copy_(gradient);
  }

  private static boolean liesLike(Tensor a, Tensor b) {
    if (a.is_contiguous() && b.is_contiguous()) {
      return true;
    }
    for (long d = 0; d < a.dim(); d++) {
      if (a.stride(d) != b.stride(d)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Counts a step, and makes the moments before the first.
   *
   * @param count how many moments the optimizer keeps
   */
  void advance(int count) {
    if (moments.isEmpty()) {
      List<Tensor> fresh = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        fresh.add(Scope.keep(torch.zeros_like(parameter.tensor()).to(momentType())));
      }
      moments = List.copyOf(fresh);
    }
    steps++;
  }
}
