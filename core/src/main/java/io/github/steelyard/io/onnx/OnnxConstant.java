package io.github.steelyard.io.onnx;

import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;

/** A constant, which is written when the first node uses it. */
record OnnxConstant(String name, Tensor tensor) implements GraphValue {
  @Override
  public long[] shape() {
    return tensor.shape();
  }

  /** Reordered here, once, instead of at every run. */
  OnnxConstant permute(long[] axes) {
    return new OnnxConstant(name + (axes.length == 2 ? ".T" : ".permuted"), tensor.permute(axes));
  }
}
