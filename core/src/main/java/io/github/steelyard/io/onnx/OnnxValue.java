package io.github.steelyard.io.onnx;

import io.github.steelyard.nn.export.GraphValue;

/** The graph's input, or what a node gives. */
final class OnnxValue implements GraphValue {
  private final String name;
  private final long[] shape;

  OnnxValue(String name, long[] shape) {
    this.name = name;
    this.shape = shape.clone();
  }

  String name() {
    return name;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }
}
