package io.github.steelyard.optim;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;

/**
 * One of libtorch's kernels that move many tensors in a single pass over memory. They have no Java
 * method (their names begin with an underscore), so they are called through the dispatcher.
 */
final class FusedKernel {
  private final OperatorHandle operator;

  /**
   * Finds a kernel.
   *
   * @param name such as {@code _fused_adamw_}
   */
  FusedKernel(String name) {
    operator = Dispatcher.realSingleton().findSchemaOrThrow("aten::" + name, "");
    operator.retainReference();
  }

  /**
   * Runs the kernel, without gradient scaling. Call it inside a scope.
   *
   * @param arguments lists of tensors or of their values, doubles and booleans, in the kernel's
   *     order
   */
  void call(Object... arguments) {
    IValueVector stack = new IValueVector();
    for (Object argument : arguments) {
      stack.push_back(value(argument));
    }
    for (int i = 0; i < 2; i++) { // grad_scale and found_inf
      stack.push_back(new IValue());
    }
    operator.callBoxed(stack);
  }

  private static IValue value(Object argument) {
    if (argument instanceof List<?> tensors) {
      GenericList list = new GenericList(new TensorList().elementType());
      list.reserve(tensors.size());
      for (Object tensor : tensors) {
        list.push_back(tensor instanceof IValue held ? held : new IValue((Tensor) tensor));
      }
      return new IValue(list);
    }
    return argument instanceof Boolean flag ? new IValue(flag) : new IValue((double) argument);
  }
}
