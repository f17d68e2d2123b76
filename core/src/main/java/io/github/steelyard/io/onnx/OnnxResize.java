package io.github.steelyard.io.onnx;

import static io.github.steelyard.io.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The nodes that turn 8-bit pictures of any size into normalized inputs, with the bits of PIL's
 * resize. ONNX's own Resize has no such bits: it neither rounds between the two directions nor, in
 * ONNX Runtime, computes in whole numbers. So each direction is a matrix product with weights that
 * are computed from the picture's size. As PIL's they are whole numbers of 22 bits; the product of
 * bytes that ONNX has takes three digits of 8 bits each. Only the middle that is cut out is
 * computed.
 */
final class OnnxResize {
  private static final long[] ANY = {};
  private static final double CUBIC = -0.5;
  private static final long PRECISION = 1L << 22;
  private static final long DIGIT = 256;

  /** The highest digit has a sign; it is stored with this added to it. */
  private static final long SIGNED = 128;

  /** PIL's parts of red, green and blue in grey, of 65,536. */
  private static final int[] GREY = {19595, 38470, 7471};

  private final OnnxGraph graph;
  private final OnnxPictures pictures;

  OnnxResize(OnnxGraph graph, OnnxPictures pictures) {
    this.graph = graph;
    this.pictures = pictures;
  }

  /** The digits of weights, each of them uint8, from the highest. */
  private record Digits(GraphValue high, GraphValue middle, GraphValue low) {}

  /** What the network takes: [batch, channels, height, width] of float32. */
  GraphValue input() {
    return graph.within("preprocessing", this::nodes);
  }

  private GraphValue nodes() {
    GraphValue bytes = graph.input();
    GraphValue sizes = node("Shape", bytes);
    GraphValue height = node("Gather", sizes, whole(1));
    GraphValue width = node("Gather", sizes, whole(2));
    GraphValue shorter = node("Min", height, width);
    GraphValue planes =
        pictures.channels() == 1 ? grey(bytes) : permuted(bytes, new long[] {0, 3, 1, 2});
    Digits across = weights(width, target(width, shorter), pictures.width(), true);
    Digits down = weights(height, target(height, shorter), pictures.height(), false);
    GraphValue wide =
        pixels(
            product(planes, across.high(), byteOf(0), byteOf(SIGNED)),
            product(planes, across.middle(), byteOf(0), byteOf(0)),
            product(planes, across.low(), byteOf(0), byteOf(0)));
    GraphValue cut =
        pixels(
            product(down.high(), wide, byteOf(SIGNED), byteOf(0)),
            product(down.middle(), wide, byteOf(0), byteOf(0)),
            product(down.low(), wide, byteOf(0), byteOf(0)));
    return normalized(cut);
  }

  /** The length of a side after the resize, rounded down as torchvision does. */
  private GraphValue target(GraphValue side, GraphValue shorter) {
    return node("Div", node("Mul", whole(pictures.resize()), side), shorter);
  }

  /** A sum of products, its digits put together, rounded to a byte. */
  private GraphValue pixels(GraphValue high, GraphValue middle, GraphValue low) {
    GraphValue upper = node("Add", node("Mul", high, int32(DIGIT)), middle);
    GraphValue sum = node("Add", node("Mul", upper, int32(DIGIT)), low);
    GraphValue half = node("Add", sum, int32(PRECISION / 2));
    GraphValue clipped = node("Clip", half, int32(0), int32(DIGIT * PRECISION - 1));
    return cast(node("Div", clipped, int32(PRECISION)), OnnxType.UINT8);
  }

  private GraphValue product(
      GraphValue left, GraphValue right, GraphValue leftZero, GraphValue rightZero) {
    return node("MatMulInteger", left, right, leftZero, rightZero);
  }

  private GraphValue grey(GraphValue bytes) {
    GraphValue parts =
        new OnnxConstant("grey", Tensor.create(GREY, (long) GREY.length), OnnxType.INT32);
    GraphValue weighted = node("Mul", cast(bytes, OnnxType.INT32), parts);
    GraphValue sum =
        graph.node(
            "ReduceSum",
            ANY,
            List.of(weighted, OnnxConstant.integers(3)),
            attribute("keepdims", 0));
    GraphValue rounded = node("Div", node("Add", sum, int32(1 << 15)), int32(1 << 16));
    return node("Unsqueeze", cast(rounded, OnnxType.UINT8), OnnxConstant.integers(1));
  }

  /**
   * Which part each pixel of a side has in each pixel of the cut: [from, size] across, [size, from]
   * down.
   */
  private Digits weights(GraphValue from, GraphValue to, int size, boolean isAcross) {
    long axis = isAcross ? 0 : 1;
    GraphValue places = add(range(size, isAcross), offset(to, size));
    GraphValue isInPicture =
        node("And", node("GreaterOrEqual", places, whole(0)), node("Less", places, to));
    GraphValue length = real(from);
    GraphValue scale = node("Div", length, real(to));
    GraphValue filter = node("Max", scale, number(1));
    GraphValue reach = node("Mul", filter, number(pictures.isBicubic() ? 2 : 1));
    GraphValue center = node("Mul", add(real(places), number(0.5)), scale);
    GraphValue first = add(node("Sub", center, reach), number(0.5));
    GraphValue start = node("Floor", node("Max", first, number(0)));
    GraphValue last = add(add(center, reach), number(0.5));
    GraphValue end = node("Min", node("Floor", last), length);
    GraphValue pixel =
        node(
            "Unsqueeze",
            real(node("Range", whole(0), from, whole(1))),
            OnnxConstant.integers(1 - axis));
    GraphValue isNear = node("And", node("GreaterOrEqual", pixel, start), node("Less", pixel, end));
    GraphValue counts = node("And", isNear, isInPicture);
    GraphValue distance =
        node("Abs", node("Div", add(node("Sub", pixel, center), number(0.5)), filter));
    GraphValue kernel = node("Where", counts, kernel(distance), number(0));
    GraphValue sum = graph.node("ReduceSum", ANY, List.of(kernel, OnnxConstant.integers(axis)));
    GraphValue parts = node("Mul", node("Div", kernel, sum), number(PRECISION));
    return digits(rounded(node("Where", counts, parts, number(0))));
  }

  /** Where the cut begins: torchvision pads first, rounding down, and rounds a cut half to even. */
  private GraphValue offset(GraphValue to, int size) {
    GraphValue more = node("Sub", to, whole(size));
    GraphValue cut = node("Round", node("Div", real(more), number(2)));
    return node(
        "Where",
        node("Less", more, whole(0)),
        node("Div", more, whole(2)),
        cast(cut, OnnxType.INT64));
  }

  private GraphValue kernel(GraphValue distance) {
    if (!pictures.isBicubic()) {
      return node("Max", node("Sub", number(1), distance), number(0));
    }
    GraphValue inner = node("Sub", times(CUBIC + 2, distance), number(CUBIC + 3));
    GraphValue near = add(node("Mul", node("Mul", inner, distance), distance), number(1));
    GraphValue rising = add(node("Mul", node("Sub", distance, number(5)), distance), number(8));
    GraphValue far = times(CUBIC, node("Sub", node("Mul", rising, distance), number(4)));
    GraphValue outer = node("Where", node("Less", distance, number(2)), far, number(0));
    return node("Where", node("Less", distance, number(1)), near, outer);
  }

  /** To whole numbers, halves away from zero. */
  private GraphValue rounded(GraphValue values) {
    GraphValue magnitude = node("Floor", add(node("Abs", values), number(0.5)));
    return cast(node("Mul", node("Sign", values), magnitude), OnnxType.INT64);
  }

  private Digits digits(GraphValue values) {
    GraphValue low = node("Mod", values, whole(DIGIT));
    GraphValue rest = node("Div", node("Sub", values, low), whole(DIGIT));
    GraphValue middle = node("Mod", rest, whole(DIGIT));
    GraphValue high = node("Div", node("Sub", rest, middle), whole(DIGIT));
    return new Digits(
        cast(add(high, whole(SIGNED)), OnnxType.UINT8),
        cast(middle, OnnxType.UINT8),
        cast(low, OnnxType.UINT8));
  }

  /** Now the shape is known; the division is that of the library's own preprocessing. */
  private GraphValue normalized(GraphValue cut) {
    GraphValue scaled = node("Div", cast(cut, OnnxType.FLOAT), OnnxConstant.scalar(255));
    GraphValue centered = node("Sub", scaled, channels("mean", pictures.mean()));
    long[] shape = {GraphValue.DYNAMIC, pictures.channels(), pictures.height(), pictures.width()};
    return graph.node("Div", shape, List.of(centered, channels("std", pictures.std())));
  }

  private static GraphValue channels(String name, List<Double> values) {
    float[] numbers = new float[values.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = values.get(i).floatValue();
    }
    return new OnnxConstant("preprocessing." + name, Tensor.create(numbers, numbers.length, 1, 1));
  }

  private static GraphValue range(int size, boolean isAcross) {
    long[] places = LongStream.range(0, size).toArray();
    long[] shape = isAcross ? new long[] {1, size} : new long[] {size, 1};
    return new OnnxConstant(isAcross ? "columns" : "rows", Tensor.create(places, shape));
  }

  private GraphValue permuted(GraphValue value, long[] axes) {
    return graph.node("Transpose", ANY, List.of(value), attribute("perm", axes));
  }

  private GraphValue add(GraphValue left, GraphValue right) {
    return node("Add", left, right);
  }

  private GraphValue times(double factor, GraphValue value) {
    return node("Mul", number(factor), value);
  }

  private GraphValue real(GraphValue value) {
    return cast(value, OnnxType.DOUBLE);
  }

  private GraphValue cast(GraphValue value, OnnxType type) {
    AttributeProto to = attribute("to", type.number());
    return graph.node("Cast", ANY, List.of(value), to);
  }

  private GraphValue node(String operator, GraphValue... inputs) {
    return graph.node(operator, ANY, List.of(inputs));
  }

  private static GraphValue whole(long value) {
    return OnnxConstant.integer(value);
  }

  private static GraphValue number(double value) {
    return constant(value, ScalarType.Double, OnnxType.DOUBLE);
  }

  private static GraphValue int32(long value) {
    return constant((double) value, ScalarType.Int, OnnxType.INT32);
  }

  private static GraphValue byteOf(long value) {
    return constant((double) value, ScalarType.Byte, OnnxType.UINT8);
  }

  private static GraphValue constant(double value, ScalarType type, OnnxType stored) {
    return new OnnxConstant(
        "constant/" + stored + "/" + value,
        Tensor.create(new double[] {value}).reshape().to(type),
        stored);
  }
}
