package io.github.steelyard.quant;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * oneDNN's product of bytes, which adds in 32 bits and scales the sums of each column in the same
 * kernel. It has no Java method, so it is called through the dispatcher.
 */
final class IntegerKernel {
  /** The place of an argument that must be an empty list of its own type. */
  private static final int LIST = 11;

  private static final OperatorHandle PACK = find("onednn::qlinear_prepack");
  private static final OperatorHandle PRODUCT = find("onednn::qlinear_pointwise");

  private IntegerKernel() {}

  private static OperatorHandle find(String name) {
    OperatorHandle operator = Dispatcher.realSingleton().findSchemaOrThrow(name, "");
    operator.retainReference();
    return operator;
  }

  /** A weight [out, in] of type int8 in the kernel's own order. */
  static Tensor pack(Tensor weight) {
    IValueVector stack = new IValueVector();
    stack.push_back(new IValue(weight));
    stack.push_back(new IValue());
    PACK.callBoxed(stack);
    return result(stack);
  }

  /**
   * {@code scale ((x - zero) weight^T) + bias}.
   *
   * @param x bytes [..., in]
   * @param weight what {@link #pack} gave
   * @param scale of each column, [out]
   * @param zeros [out], int64
   * @param bias [out], or null for none
   */
  static Tensor product(
      Tensor x, int zero, Tensor weight, Tensor scale, Tensor zeros, Tensor bias) {
    IValueVector stack = new IValueVector();
    stack.push_back(new IValue(x));
    stack.push_back(new IValue(1.0));
    stack.push_back(new IValue((long) zero));
    stack.push_back(new IValue(weight));
    stack.push_back(new IValue(scale));
    stack.push_back(new IValue(zeros));
    stack.push_back(bias == null ? new IValue() : new IValue(bias));
    stack.push_back(new IValue(1.0));
    stack.push_back(new IValue(0L));
    stack.push_back(new IValue((long) ScalarType.Float.value));
    stack.push_back(new IValue("none"));
    stack.push_back(
        new IValue(
            new GenericList(
                PRODUCT.schema().arguments().getPointer(LIST).type().get().containedType(0))));
    stack.push_back(new IValue(""));
    PRODUCT.callBoxed(stack);
    return result(stack);
  }

  /** A tensor of its own: what the stack gives ends with the stack. */
  private static Tensor result(IValueVector stack) {
    return new Tensor(stack.get(0).toTensor());
  }
}
