package io.github.steelyard.io.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.GraphValue;
import java.util.List;
import java.util.function.Supplier;

/** What is known of a graph while it is built: its input, constants, nodes, and where we are. */
final class OnnxGraph {
  static final String INPUT = "input";
  static final String OUTPUT = "logits";
  static final String BATCH = "batch";

  private final OnnxNodes nodes = new OnnxNodes();
  private final OnnxConstants constants = new OnnxConstants();
  private final OnnxValue input;
  private String path = "";

  /** A graph whose input has one more dimension in front, the batch. */
  OnnxGraph(long[] sampleShape) {
    long[] shape = new long[sampleShape.length + 1];
    shape[0] = GraphValue.DYNAMIC;
    System.arraycopy(sampleShape, 0, shape, 1, sampleShape.length);
    input = new OnnxValue(INPUT, shape);
  }

  GraphValue input() {
    return input;
  }

  OnnxConstants constants() {
    return constants;
  }

  String path() {
    return path;
  }

  String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  GraphValue within(String name, Supplier<GraphValue> part) {
    String outer = path;
    path = path(name);
    try {
      return part.get();
    } finally {
      path = outer;
    }
  }

  private String name(GraphValue value) {
    if (value instanceof OnnxValue computed) {
      return computed.name();
    }
    if (value instanceof OnnxConstant constant) {
      return constants.add(constant);
    }
    if (value instanceof OnnxQuantized quantized) {
      return name(quantized.write(this));
    }
    throw new ExportException(path, "a value of another graph cannot be used in this one");
  }

  GraphValue node(
      String operator, long[] shape, List<GraphValue> inputs, AttributeProto... attributes) {
    List<String> names = inputs.stream().map(this::name).toList();
    return new OnnxValue(nodes.add(path, operator, names, attributes), shape);
  }

  /** What a rule of shapes gives; if shapes do not fit, says where. */
  <T> T checked(Supplier<T> rule) {
    try {
      return rule.get();
    } catch (IllegalArgumentException e) {
      throw new ExportException(path, e.getMessage());
    }
  }

  /** The finished graph; an identity at its end gives the output its name. */
  GraphProto build(GraphValue output) {
    NodeProto last =
        NodeProto.newBuilder()
            .setName(OUTPUT)
            .setOpType("Identity")
            .addInput(name(output))
            .addOutput(OUTPUT)
            .build();
    return GraphProto.newBuilder()
        .setName("steelyard")
        .addInput(describe(INPUT, input.shape()))
        .addOutput(describe(OUTPUT, output.shape()))
        .addAllInitializer(constants.build())
        .addAllNode(nodes.build())
        .addNode(last)
        .build();
  }

  private static ValueInfoProto describe(String name, long[] shape) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    for (long size : shape) {
      sizes.addDim(
          size == GraphValue.DYNAMIC
              ? TensorShapeProto.Dimension.newBuilder().setDimParam(BATCH)
              : TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    TypeProto.Tensor type =
        TypeProto.Tensor.newBuilder()
            .setElemType(TensorProto.DataType.FLOAT.getNumber())
            .setShape(sizes)
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }
}
