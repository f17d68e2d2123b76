package io.github.steelyard.io.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/** What is known of a graph while it is built: its input, constants, nodes, and where we are. */
final class OnnxGraph {
  static final String INPUT = "input";
  static final String PICTURES = "pictures";
  static final String OUTPUT = "logits";
  static final String BATCH = "batch";
  static final String HEIGHT = "height";
  static final String WIDTH = "width";

  private final OnnxNodes nodes = new OnnxNodes();
  private final OnnxConstants constants = new OnnxConstants();
  private final OnnxValue input;
  private final ValueInfoProto described;
  private String path = "";

  private OnnxGraph(OnnxValue input, OnnxType type, List<String> open) {
    this.input = input;
    this.described = describe(input.name(), type, input.shape(), open);
  }

  /** A graph whose input has one more dimension in front, the batch. */
  static OnnxGraph ofSamples(long[] sampleShape) {
    long[] shape = OnnxShapes.join(new long[] {GraphValue.DYNAMIC}, sampleShape);
    return new OnnxGraph(new OnnxValue(INPUT, shape), OnnxType.FLOAT, List.of(BATCH));
  }

  /** A graph whose input is pictures of any size as they lie in memory, three bytes a pixel. */
  static OnnxGraph ofPictures() {
    long[] shape = {GraphValue.DYNAMIC, GraphValue.DYNAMIC, GraphValue.DYNAMIC, 3};
    return new OnnxGraph(
        new OnnxValue(PICTURES, shape), OnnxType.UINT8, List.of(BATCH, HEIGHT, WIDTH));
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
        .addInput(described)
        .addOutput(describe(OUTPUT, OnnxType.FLOAT, output.shape(), List.of(BATCH)))
        .addAllInitializer(constants.build())
        .addAllNode(nodes.build())
        .addNode(last)
        .build();
  }

  /** The open dimensions have these names, in their order. */
  private static ValueInfoProto describe(
      String name, OnnxType type, long[] shape, List<String> open) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    Iterator<String> names = open.iterator();
    for (long size : shape) {
      sizes.addDim(
          size == GraphValue.DYNAMIC
              ? TensorShapeProto.Dimension.newBuilder().setDimParam(names.next())
              : TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    TypeProto.Tensor tensor =
        TypeProto.Tensor.newBuilder().setElemType(type.number()).setShape(sizes).build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }
}
