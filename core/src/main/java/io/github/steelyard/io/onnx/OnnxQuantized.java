package io.github.steelyard.io.onnx;

import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A constant that is stored as integers: {@code scale (integers + offset)}.
 *
 * <p>DequantizeLinear only turns the integers into floats, at scale 1; the offset, which may be a
 * half and so no zero point, is added and the scale multiplied afterwards. The value is then the
 * same to the last bit, as the sum is exact. It also keeps ONNX Runtime from replacing a
 * DequantizeLinear before a MatMul by its MatMulNBits, which by default rounds the other factor to
 * 8 bits and changes the logits.
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
    OnnxType type = OnnxType.holding(integers.min().item_int(), integers.max().item_int());
    GraphValue stored = new OnnxConstant(name + ".integers", integers, type);
    GraphValue value =
        graph.node("DequantizeLinear", shape(), List.of(stored, OnnxConstant.scalar(1)));
    if (offset != 0) {
      value = graph.node("Add", shape(), List.of(value, OnnxConstant.scalar(offset)));
    }
    return graph.node("Mul", shape(), List.of(value, new OnnxConstant(name + ".scale", scale)));
  }
}
