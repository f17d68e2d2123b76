package io.github.steelyard.optim;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.IValue;
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

  /** The moments as kernels take them; made again when others were restored. */
  private List<IValue> momentValues = List.of();

  private List<Tensor> valued = List.of();

  private final boolean wide;

  /** This step's, fetched once: each call into libtorch takes as long as moving a small tensor. */
  private Tensor gradient;

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

  /** Begins a step. What it fetches lives as long as the scope of the step. */
  boolean hasGradient() {
    gradient = parameter.grad();
    return gradient.defined();
  }

  /**
   * Checks that this parameter can be moved now: its tensor may have been converted, moved or
   * replaced since the last step.
   *
   * @param type the element type of the tensor
   * @throws IllegalStateException if it cannot
   */
  void requireMovable(ScalarType type) {
    Tensor tensor = parameter.tensor();
    if (gradient.layout().intern() != Layout.Strided) {
      throw new IllegalStateException(
          "the gradient of '" + name + "' is sparse; optimizers need a dense one");
    }
    requireLike("gradient", gradient, tensor, type);
    if (moments.isEmpty()) {
      requireSupported(tensor);
    } else {
      requireLike("optimizer's state", moments.get(0), tensor, momentType(type));
    }
  }

  /** The element type of the moments. */
  ScalarType momentType() {
    return momentType(parameter.tensor().scalar_type().intern());
  }

  private ScalarType momentType(ScalarType type) {
    return wide && HalfPrecision.is(type) ? ScalarType.Float : type;
  }

  private void requireLike(String what, Tensor given, Tensor tensor, ScalarType type) {
    if (given.scalar_type().intern() != type
        || device(given) != device(tensor)
        || !given.is_same_size(tensor)) {
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

  /** -2 for the processor, which tells fastest so, else the index of the device. */
  static long device(Tensor tensor) {
    return tensor.is_cpu() ? -2 : tensor.device().index();
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
    return liesLike(gradient, tensor) ? gradient : torch.empty_like(tensor).copy_(gradient);
  }

  /** A moment as kernels take it. */
  @SuppressWarnings("ReferenceEquality") // other moments, not other values
  IValue momentValue(int index) {
    if (valued != moments) {
      momentValues = moments.stream().map(IValue::new).toList();
      momentValues.forEach(Pointer::retainReference);
      valued = moments;
    }
    return momentValues.get(index);
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
