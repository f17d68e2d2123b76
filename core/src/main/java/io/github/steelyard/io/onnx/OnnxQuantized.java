package io.github.steelyard.io.onnx;

import static io.github.steelyard.io.onnx.OnnxNodes.attribute;

import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A float32 constant that is stored as integers: {@code scale (integers + offset)}. ONNX Runtime
 * computes it once, when it loads the file; the value is the same to the last bit, as the sum is
 * exact.
 */
final class OnnxQuantized implements GraphValue {
  private final String name;
  private final Tensor integers;
  private final Tensor scale;
  private final double offset;
  private GraphValue written;

  /** Integers of type int8, and a scale of as many dimensions that broadcasts against them. */
  OnnxQuantized(String name, Tensor integers, Tensor scale, double offset) {
    this.name = name;
    this.integers = integers;
    this.scale = scale;
    this.offset = offset;
  }

  @Override
  public long[] shape() {
    return integers.shape();
  }

  OnnxQuantized permute(long[] axes) {
    return new OnnxQuantized(
        OnnxConstant.permuted(name, axes), integers.permute(axes), scale.permute(axes), offset);
  }

  /** The float32 value, from nodes that are added once. */
  GraphValue write(OnnxGraph graph) {
    if (written == null) {
      written = nodes(graph);
    }
    return written;
  }

  private GraphValue nodes(OnnxGraph graph) {
    GraphValue numbers = new OnnxIntegers(graph).numbers(name, integers);
    GraphValue value =
        graph.node("Cast", shape(), List.of(numbers), attribute("to", OnnxType.FLOAT.number()));
    if (offset != 0) {
      value = graph.node("Add", shape(), List.of(value, OnnxConstant.scalar(offset)));
    }
    return graph.node("Mul", shape(), List.of(value, new OnnxConstant(name + ".scale", scale)));
  }
}
