package io.github.steelyard.io.onnx;

import static io.github.steelyard.io.onnx.OnnxNodes.attribute;

import io.github.steelyard.nn.export.GraphIntegers;
import io.github.steelyard.nn.export.GraphIntegers.Factor;
import io.github.steelyard.nn.export.GraphValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Integers in a graph: how they are stored, come from floats and are multiplied.
 *
 * <p>ONNX Runtime's fast kernels take unsigned bytes on the left and signed ones on the right.
 * Where a processor has no instructions for them (VNNI), it adds two products in 16 bits, which
 * large factors leave; such go to the right as unsigned bytes, whose sums are exact everywhere.
 */
final class OnnxIntegers {
  /** 2 · 255 · 64 is less than 2^15. */
  private static final int LARGEST_SIGNED = 64;

  private static final int HALF = 128;

  private final OnnxGraph graph;
  private boolean used;

  OnnxIntegers(OnnxGraph graph) {
    this.graph = graph;
  }

  /** Whether there is a product of integers. */
  boolean isUsed() {
    return used;
  }

  GraphIntegers constant(String name, Tensor numbers) {
    int lowest = numbers.min().item_int();
    int highest = numbers.max().item_int();
    GraphIntegers signed = new GraphIntegers(numbers(name, numbers), 0, lowest, highest);
    if (signed.magnitude() <= LARGEST_SIGNED) {
      return signed;
    }
    Tensor moved = numbers.to(ScalarType.Short).add(new Scalar(HALF)).to(ScalarType.Byte);
    OnnxConstant stored = new OnnxConstant(name + ".integers", moved, OnnxType.UINT8);
    return new GraphIntegers(stored, HALF, lowest, highest);
  }

  /** A constant of type int8 in few bits. */
  GraphValue numbers(String name, Tensor numbers) {
    int lowest = numbers.min().item_int();
    int range = numbers.max().item_int() - lowest;
    Tensor distance = numbers.to(ScalarType.Short).sub(new Scalar(lowest));
    int step = distance.bitwise_and(new Scalar(1)).any().item_bool() ? 1 : 2;
    int last = range / step;
    OnnxOptions options = graph.options();
    if (last > 15 || options.storage() == OnnxStorage.INT8) {
      return new OnnxConstant(name + ".integers", numbers, OnnxType.INT8);
    }
    Tensor index = distance.div(new Scalar(step)).to(ScalarType.Byte);
    GraphValue found =
        options.storage() == OnnxStorage.NATIVE
            ? ofOwnType(name, index, last)
            : unpacked(name, index, last < 2 ? 1 : last < 4 ? 2 : 4);
    int[] levels = IntStream.rangeClosed(0, last).map(i -> lowest + step * i).toArray();
    GraphValue table =
        new OnnxConstant(
            "levels/" + Arrays.toString(levels),
            torch.tensor(levels).to(ScalarType.Char),
            OnnxType.INT8);
    return graph.node(
        "Gather",
        numbers.shape(),
        List.of(table, cast(found, OnnxType.INT32)),
        attribute("axis", 0));
  }

  private GraphValue ofOwnType(String name, Tensor index, int last) {
    boolean two = last < 4 && graph.options().opset() >= OnnxType.UINT2.opset();
    OnnxType type = two ? OnnxType.UINT2 : OnnxType.UINT4;
    return new OnnxConstant(name + ".integers", index, type);
  }

  /**
   * The first numbers have the lowest bits of all bytes, the next ones the bits above, and so on.
   */
  private GraphValue unpacked(String name, Tensor index, int bits) {
    long[] shape = index.shape();
    int layers = 8 / bits;
    long size = index.numel();
    long bytes = (size + layers - 1) / layers;
    Tensor all = torch.zeros(layers * bytes).to(ScalarType.Byte);
    all.narrow(0, 0, size).copy_(index.reshape(-1));
    Tensor packed = torch.zeros(1, bytes).to(ScalarType.Byte);
    for (int layer = 0; layer < layers; layer++) {
      Tensor part = all.narrow(0, layer * bytes, bytes);
      packed.add_(part.mul(new Scalar(1 << (layer * bits))));
    }
    int[] places = IntStream.range(0, layers).map(i -> i * bits).toArray();
    OnnxConstant stored = new OnnxConstant(name + ".integers", packed, OnnxType.UINT8);
    OnnxConstant shifts =
        new OnnxConstant(
            "shifts/" + bits,
            torch.tensor(places).to(ScalarType.Byte).reshape(layers, 1),
            OnnxType.UINT8);
    long[] split = {layers, bytes};
    GraphValue moved =
        graph.node("BitShift", split, List.of(stored, shifts), attribute("direction", "RIGHT"));
    GraphValue alone = graph.node("BitwiseAnd", split, List.of(moved, unsigned((1 << bits) - 1)));
    if (layers * bytes > size) {
      GraphValue row = reshape(alone, layers * bytes);
      alone =
          graph.node(
              "Slice",
              new long[] {size},
              List.of(
                  row,
                  OnnxConstant.integers(0),
                  OnnxConstant.integers(size),
                  OnnxConstant.integers(0)));
    }
    return reshape(alone, shape);
  }

  private GraphValue reshape(GraphValue value, long... shape) {
    return graph.node("Reshape", shape, List.of(value, OnnxConstant.integers(shape)));
  }

  GraphIntegers of(
      String name, GraphValue input, Tensor scale, int lowest, int highest, Factor factor) {
    boolean signed = factor == Factor.RIGHT && Math.max(-lowest, highest) <= LARGEST_SIGNED;
    int zero =
        switch (factor) {
          case LEFT -> -lowest;
          case LEFT_NOT_NEGATIVE -> 255 - highest;
          case RIGHT -> signed ? 0 : HALF;
        };
    OnnxType type = signed ? OnnxType.INT8 : OnnxType.UINT8;
    // QuantizeLinear with a scale for each row is slower on two threads than a division before it.
    GraphValue ratio =
        graph.node("Div", input.shape(), List.of(input, new OnnxConstant(graph.path(name), scale)));
    GraphValue stored =
        graph.node(
            "QuantizeLinear",
            input.shape(),
            List.of(ratio, OnnxConstant.scalar(1), single(zero, type)));
    int least = signed ? -HALF : 0;
    int most = signed ? HALF - 1 : 255;
    boolean bounded = lowest + zero > least || highest + zero < most;
    boolean isBelow = factor != Factor.LEFT_NOT_NEGATIVE && bounded;
    return new GraphIntegers(
        isBelow ? clip(stored, lowest + zero, highest + zero, type) : stored,
        zero,
        lowest,
        highest);
  }

  private GraphValue clip(GraphValue stored, int lowest, int highest, OnnxType type) {
    return graph.node(
        "Clip", stored.shape(), List.of(stored, single(lowest, type), single(highest, type)));
  }

  GraphValue matmul(GraphIntegers left, GraphIntegers right, Optional<GraphValue> scale) {
    long[] rows = left.stored().shape();
    long[] shape =
        graph.checked(
            () -> {
              GraphIntegers.requireSum(rows[rows.length - 1], left.magnitude(), right.magnitude());
              return OnnxShapes.matmul(rows, right.stored().shape());
            });
    used = true;
    List<GraphValue> factors = new ArrayList<>(List.of(left.stored(), right.stored()));
    factors.add(unsigned(left.zero()));
    if (right.zero() != 0) {
      factors.add(unsigned(right.zero()));
    }
    GraphValue sums = cast(graph.node("MatMulInteger", shape, factors), OnnxType.FLOAT);
    if (scale.isEmpty()) {
      return sums;
    }
    // ONNX Runtime makes one kernel of it all if the scale is not a constant.
    GraphValue columns = graph.node("Mul", scale.get().shape(), List.of(graph.one(), scale.get()));
    return graph.node("Mul", shape, List.of(sums, columns));
  }

  GraphValue toFloat(GraphIntegers numbers) {
    GraphValue value = cast(numbers.stored(), OnnxType.FLOAT);
    return numbers.zero() == 0
        ? value
        : graph.node("Sub", value.shape(), List.of(value, OnnxConstant.scalar(numbers.zero())));
  }

  private GraphValue cast(GraphValue value, OnnxType type) {
    return graph.node("Cast", value.shape(), List.of(value), attribute("to", type.number()));
  }

  private static GraphValue unsigned(int value) {
    return single(value, OnnxType.UINT8);
  }

  private static GraphValue single(int value, OnnxType type) {
    return new OnnxConstant(
        "constant/" + value + "/" + type,
        torch.scalar_tensor(new Scalar(value)).to(ScalarType.Short).to(ScalarType.Char),
        type);
  }
}
