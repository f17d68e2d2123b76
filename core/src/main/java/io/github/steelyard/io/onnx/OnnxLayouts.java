package io.github.steelyard.io.onnx;

import static io.github.steelyard.io.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Arrays;
import java.util.List;

/** The operators that move numbers and compute none. */
abstract class OnnxLayouts implements GraphBuilder {
  final OnnxGraph graph;

  OnnxLayouts(OnnxGraph graph) {
    this.graph = graph;
  }

  @Override
  public GraphValue reshape(GraphValue input, long... shape) {
    long[] result = graph.checked(() -> OnnxShapes.reshape(input, shape));
    return node("Reshape", result, List.of(input, OnnxConstant.integers(result)));
  }

  @Override
  public GraphValue permute(GraphValue input, int... axes) {
    long[] shape = graph.checked(() -> OnnxShapes.permute(input, axes));
    long[] order = Arrays.stream(axes).asLongStream().toArray();
    if (input instanceof OnnxConstant constant) {
      return constant.permute(order);
    }
    return input instanceof OnnxQuantized constant
        ? constant.permute(order)
        : node("Transpose", shape, List.of(input), attribute("perm", order));
  }

  @Override
  public GraphValue slice(GraphValue input, int axis, long start, long end, long step) {
    int positive = graph.checked(() -> OnnxShapes.range(input, axis, start, end));
    long[] shape = input.shape();
    if (step == 1 && end - start == shape[positive]) {
      return input;
    }
    shape[positive] = (end - start + step - 1) / step;
    List<GraphValue> inputs =
        List.of(
            input,
            OnnxConstant.integers(start),
            OnnxConstant.integers(end),
            OnnxConstant.integers(positive),
            OnnxConstant.integers(step));
    return node("Slice", shape, inputs);
  }

  @Override
  public GraphValue select(GraphValue input, int axis, long index) {
    int positive = graph.checked(() -> OnnxShapes.range(input, axis, index, index + 1));
    long[] shape = OnnxShapes.without(input.shape(), positive);
    List<GraphValue> inputs = List.of(input, OnnxConstant.integer(index));
    return node("Gather", shape, inputs, attribute("axis", positive));
  }

  @Override
  public GraphValue cat(int axis, List<GraphValue> values) {
    int positive = graph.checked(() -> OnnxShapes.fixedAxis(values.get(0), axis));
    long[] shape = graph.checked(() -> OnnxShapes.concatenate(positive, values));
    return node("Concat", shape, values, attribute("axis", positive));
  }

  @Override
  public GraphValue gather(GraphValue table, GraphValue indices) {
    GraphValue whole =
        elementwise("Cast", indices, attribute("to", TensorProto.DataType.INT64.getNumber()));
    long[] shape = OnnxShapes.join(indices.shape(), OnnxShapes.without(table.shape(), 0));
    return node("Gather", shape, List.of(table, whole));
  }

  @Override
  public GraphValue pad(GraphValue input, int axis, long before, long after) {
    int positive = graph.checked(() -> OnnxShapes.fixedAxis(input, axis));
    if (before == 0 && after == 0) {
      return input;
    }
    long[] shape = input.shape();
    long[] pads = new long[2 * shape.length];
    pads[positive] = before;
    pads[shape.length + positive] = after;
    shape[positive] += before + after;
    return node("Pad", shape, List.of(input, OnnxConstant.integers(pads)));
  }

  @Override
  public GraphValue expandToBatch(GraphValue input, GraphValue like) {
    graph.checked(() -> OnnxShapes.requireSize(input, 0, 1));
    long[] rest = OnnxShapes.without(input.shape(), 0);
    GraphValue batch =
        node("Shape", new long[] {1}, List.of(like), attribute("start", 0), attribute("end", 1));
    long[] length = {1L + rest.length};
    GraphValue sizes =
        node("Concat", length, List.of(batch, OnnxConstant.integers(rest)), attribute("axis", 0));
    long[] shape = OnnxShapes.join(new long[] {GraphValue.DYNAMIC}, rest);
    return node("Expand", shape, List.of(input, sizes));
  }

  final GraphValue elementwise(String operator, GraphValue input, AttributeProto... attributes) {
    return node(operator, input.shape(), List.of(input), attributes);
  }

  final GraphValue node(
      String operator, long[] shape, List<GraphValue> inputs, AttributeProto... attributes) {
    return graph.node(operator, shape, inputs, attributes);
  }
}
