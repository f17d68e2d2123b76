package io.github.steelyard.incremental;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Reads and writes rows of a weight or bias that may be parametrized. */
final class HeadRows {
  private HeadRows() {}

  /** The rows from begin to end, not included. */
  static Tensor of(Tensor tensor, long begin, long end) {
    return tensor.narrow(0, begin, end - begin);
  }

  /** Copies all rows of one parameter to the first rows of another, parametrizations included. */
  static void grow(Parameter from, Parameter to, String name) {
    Scope.withoutGradient(
        () -> {
          long rows = from.shape()[0];
          if (!from.parametrizations().isEmpty()) {
            parametrize(from, to, name);
          }
          of(to.tensor(), 0, rows).copy_(from.tensor());
          if (!torch.allclose(of(to.value(), 0, rows), from.value())) {
            throw cannotGrow(from, name, "it would change the rows that are there", null);
          }
          to.setTrainable(from.isTrainable());
        });
  }

  private static void parametrize(Parameter from, Parameter to, String name) {
    of(to.tensor(), 0, from.shape()[0]).copy_(from.value());
    for (Parametrization map : from.parametrizations()) {
      try {
        to.parametrize(map);
      } catch (IllegalArgumentException e) {
        throw cannotGrow(from, name, e.getMessage(), e);
      } catch (RuntimeException e) { // libtorch refuses a state of another number of rows with it
        throw cannotGrow(from, name, "its own state is made for " + from.shape()[0] + " rows", e);
      }
    }
  }

  private static IllegalArgumentException cannotGrow(
      Parameter from, String name, String reason, RuntimeException cause) {
    List<String> maps =
        from.parametrizations().stream().map(map -> map.getClass().getSimpleName()).toList();
    return new IllegalArgumentException(
        "the parametrization "
            + maps
            + " of '"
            + name
            + "' cannot grow: "
            + reason
            + "; materialize the weight first (Parameter.materialize)",
        cause);
  }

  /** Whether {@link #assign} can be done. */
  static void requireAssignable(Parameter parameter, String name, String what) {
    for (Parametrization map : parameter.parametrizations()) {
      if (!map.isInvertible()) {
        throw new IllegalArgumentException(
            what
                + " needs to set '"
                + name
                + "', but its parametrization "
                + map.getClass().getSimpleName()
                + " has no inverse; materialize the weight first (Parameter.materialize)");
      }
    }
  }

  /** Sets a weight's value; rows before the first changed one keep their stored bits. */
  static void assign(Parameter parameter, Tensor value, long firstChanged) {
    Scope.withoutGradient(
        () -> {
          Tensor kept = of(parameter.tensor(), 0, firstChanged).clone();
          parameter.assign(value);
          of(parameter.tensor(), 0, firstChanged).copy_(kept);
        });
  }
}
