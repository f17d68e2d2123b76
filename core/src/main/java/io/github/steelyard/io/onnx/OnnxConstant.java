package io.github.steelyard.io.onnx;

import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A constant, which is written when the first node uses it. */
record OnnxConstant(String name, Tensor tensor, OnnxType type) implements GraphValue {
  /** Of the tensor's own type, float32 or int64. */
  OnnxConstant(String name, Tensor tensor) {
    this(name, tensor, type(name, tensor));
  }

  private static OnnxType type(String name, Tensor tensor) {
    return OnnxType.of(tensor.scalar_type().intern())
        .orElseThrow(
            () ->
                new ExportException(
                    name,
                    "is of type "
                        + tensor.scalar_type().intern()
                        + ", but must be float32; use to(ScalarType.Float) first"));
  }

  static OnnxConstant scalar(double value) {
    return new OnnxConstant("constant/" + (float) value, torch.scalar_tensor(new Scalar(value)));
  }

  static OnnxConstant integers(long... values) {
    return new OnnxConstant(
        "constant/" + Arrays.toString(values), Tensor.create(values, (long) values.length));
  }

  static OnnxConstant integer(long value) {
    return new OnnxConstant("constant/" + value, Tensor.create(new long[] {value}).reshape());
  }

  @Override
  public long[] shape() {
    return tensor.shape();
  }

  /** Reordered here, once, instead of at every run. */
  OnnxConstant permute(long[] axes) {
    return new OnnxConstant(permuted(name, axes), tensor.permute(axes), type);
  }

  static String permuted(String name, long[] axes) {
    return name + (axes.length == 2 ? ".T" : ".permuted");
  }
}
