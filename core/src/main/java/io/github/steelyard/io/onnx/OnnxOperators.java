package io.github.steelyard.io.onnx;

import static io.github.steelyard.io.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.github.steelyard.nn.export.GraphIntegers;
import io.github.steelyard.nn.export.GraphIntegers.Factor;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Adds ONNX's standard operators to a graph: here those that compute. */
final class OnnxOperators extends OnnxLayouts {
  /** The operator set with which it came. */
  private static final int GELU = 20;

  private final OnnxIntegers integers;

  OnnxOperators(OnnxGraph graph) {
    super(graph);
    integers = new OnnxIntegers(graph);
  }

  @Override
  public String path() {
    return graph.path();
  }

  @Override
  public GraphValue within(String name, Supplier<GraphValue> part) {
    return graph.within(name, part);
  }

  @Override
  public GraphValue constant(String name, Tensor value) {
    return new OnnxConstant(graph.path(name), value);
  }

  @Override
  public GraphValue quantized(String name, Tensor integers, Tensor scale, double offset) {
    return new OnnxQuantized(graph.path(name), integers, scale, offset);
  }

  @Override
  public boolean multipliesIntegers() {
    return graph.options().integers();
  }

  @Override
  public GraphIntegers integers(String name, Tensor numbers) {
    return integers.constant(graph.path(name), numbers);
  }

  @Override
  public GraphIntegers integers(
      String name, GraphValue input, Tensor scale, int lowest, int highest, Factor factor) {
    return integers.of(name, input, scale, lowest, highest, factor);
  }

  @Override
  public GraphValue integerMatmul(
      GraphIntegers left, GraphIntegers right, Optional<GraphValue> scale) {
    return integers.matmul(left, right, scale);
  }

  /**
   * The output, NaN for each input that is not finite: integers do not know NaN. Within the network
   * all is bounded once something was quantized.
   */
  GraphValue guarded(GraphValue output) {
    GraphValue input = graph.input();
    if (!integers.isUsed() || input.shape().length < 2 || graph.takesPictures()) {
      return output;
    }
    GraphValue mean = mean(input, IntStream.range(1, input.shape().length).toArray());
    long[] each = output.shape();
    Arrays.fill(each, 1);
    each[0] = GraphValue.DYNAMIC;
    return add(output, reshape(mul(mean, scalar(0)), each));
  }

  @Override
  public GraphValue toFloat(GraphIntegers numbers) {
    return integers.toFloat(numbers);
  }

  @Override
  public GraphValue scalar(double value) {
    return OnnxConstant.scalar(value);
  }

  /** The weight is stored turned over: some runtimes would turn it at every run. */
  @Override
  public GraphValue linear(GraphValue input, GraphValue weight, Optional<GraphValue> bias) {
    GraphValue product = matmul(input, permute(weight, 1, 0));
    return bias.map(b -> add(product, b)).orElse(product);
  }

  @Override
  public GraphValue matmul(GraphValue left, GraphValue right) {
    long[] shape = graph.checked(() -> OnnxShapes.matmul(left.shape(), right.shape()));
    return node("MatMul", shape, List.of(left, right));
  }

  @Override
  public GraphValue conv2d(
      GraphValue input,
      GraphValue weight,
      Optional<GraphValue> bias,
      long[] stride,
      long[] padding,
      long[] dilation,
      long groups) {
    long[] w = weight.shape();
    OnnxShapes.Window window =
        new OnnxShapes.Window(new long[] {w[2], w[3]}, stride, padding, dilation);
    long[] shape = graph.checked(() -> OnnxShapes.slide(window, input, w[1] * groups, w[0]));
    return node(
        "Conv",
        shape,
        bias.map(b -> List.of(input, weight, b)).orElse(List.of(input, weight)),
        attribute("kernel_shape", window.kernel()),
        attribute("strides", stride),
        attribute("pads", bothEnds(padding)),
        attribute("dilations", dilation),
        attribute("group", groups));
  }

  private static long[] bothEnds(long[] padding) {
    return new long[] {padding[0], padding[1], padding[0], padding[1]};
  }

  @Override
  public GraphValue add(GraphValue left, GraphValue right) {
    return graph.intoBias(left, right).orElseGet(() -> broadcast("Add", left, right));
  }

  @Override
  public GraphValue sub(GraphValue left, GraphValue right) {
    return broadcast("Sub", left, right);
  }

  @Override
  public GraphValue mul(GraphValue left, GraphValue right) {
    return broadcast("Mul", left, right);
  }

  @Override
  public GraphValue div(GraphValue left, GraphValue right) {
    return broadcast("Div", left, right);
  }

  private GraphValue broadcast(String operator, GraphValue left, GraphValue right) {
    long[] shape = graph.checked(() -> OnnxShapes.broadcast(left.shape(), right.shape()));
    return node(operator, shape, List.of(left, right));
  }

  @Override
  public GraphValue relu(GraphValue input) {
    return elementwise("Relu", input);
  }

  @Override
  public GraphValue gelu(GraphValue input) {
    if (graph.options().opset() >= GELU) {
      return elementwise("Gelu", input);
    }
    GraphValue error = elementwise("Erf", div(input, scalar(Math.sqrt(2))));
    return mul(mul(input, add(error, scalar(1))), scalar(0.5));
  }

  @Override
  public GraphValue sigmoid(GraphValue input) {
    return elementwise("Sigmoid", input);
  }

  @Override
  public GraphValue hardsigmoid(GraphValue input) {
    return elementwise("HardSigmoid", input, attribute("alpha", 1.0 / 6), attribute("beta", 0.5));
  }

  @Override
  public GraphValue hardswish(GraphValue input) {
    return elementwise("HardSwish", input);
  }

  @Override
  public GraphValue tanh(GraphValue input) {
    return elementwise("Tanh", input);
  }

  @Override
  public GraphValue round(GraphValue input) {
    return elementwise("Round", input);
  }

  @Override
  public GraphValue sign(GraphValue input) {
    return elementwise("Sign", input);
  }

  @Override
  public GraphValue clamp(GraphValue input, double minimum, double maximum) {
    return node("Clip", input.shape(), List.of(input, scalar(minimum), scalar(maximum)));
  }

  @Override
  public GraphValue softmax(GraphValue input, int axis) {
    long positive = graph.checked(() -> OnnxShapes.axis(input, axis));
    return elementwise("Softmax", input, attribute("axis", positive));
  }

  @Override
  public GraphValue layerNorm(
      GraphValue input, GraphValue weight, GraphValue bias, double epsilon) {
    long[] shape = input.shape();
    graph.checked(() -> OnnxShapes.requireSize(input, -1, weight.shape()[0]));
    return node(
        "LayerNormalization",
        shape,
        List.of(input, weight, bias),
        attribute("axis", -1),
        attribute("epsilon", epsilon));
  }

  @Override
  public GraphValue batchNorm(
      GraphValue input,
      GraphValue weight,
      GraphValue bias,
      GraphValue mean,
      GraphValue variance,
      double epsilon) {
    graph.checked(() -> OnnxShapes.requireSize(input, 1, weight.shape()[0]));
    List<GraphValue> inputs = List.of(input, weight, bias, mean, variance);
    return node("BatchNormalization", input.shape(), inputs, attribute("epsilon", epsilon));
  }

  @Override
  public GraphValue maxPool2d(GraphValue input, long[] kernel, long[] stride, long[] padding) {
    return pool("MaxPool", input, kernel, stride, padding, attribute("ceil_mode", 0));
  }

  @Override
  public GraphValue avgPool2d(GraphValue input, long[] kernel, long[] stride, long[] padding) {
    return pool("AveragePool", input, kernel, stride, padding, attribute("count_include_pad", 1));
  }

  private GraphValue pool(
      String operator,
      GraphValue input,
      long[] kernel,
      long[] stride,
      long[] padding,
      AttributeProto kind) {
    OnnxShapes.Window window = new OnnxShapes.Window(kernel, stride, padding, new long[] {1, 1});
    return node(
        operator,
        graph.checked(() -> OnnxShapes.slide(window, input)),
        List.of(input),
        attribute("kernel_shape", kernel),
        attribute("strides", stride),
        attribute("pads", bothEnds(padding)),
        kind);
  }

  @Override
  public GraphValue mean(GraphValue input, int... axes) {
    long[] shape = input.shape();
    long[] positive =
        graph.checked(
            () -> Arrays.stream(axes).mapToLong(a -> OnnxShapes.fixedAxis(input, a)).toArray());
    for (long axis : positive) {
      shape[(int) axis] = 1;
    }
    return node("ReduceMean", shape, List.of(input, OnnxConstant.integers(positive)));
  }
}
