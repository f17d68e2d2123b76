package io.github.steelyard.io.onnx;

import static io.github.steelyard.io.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

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
  private final OnnxOptions options;
  private final Map<String, LayerNormalization> normalized = new HashMap<>();
  private GraphValue one;
  private String path = "";

  /** What made a value: shifts are added to the bias, which takes a pass less. */
  private record LayerNormalization(
      GraphValue input, OnnxConstant weight, OnnxConstant bias, List<AttributeProto> attributes) {}

  private OnnxGraph(OnnxValue input, OnnxType type, List<String> open, OnnxOptions options) {
    this.options = options;
    this.input = input;
    this.described = describe(input.name(), type, input.shape(), open);
  }

  /** A graph whose input has one more dimension in front, the batch. */
  static OnnxGraph ofSamples(long[] sampleShape, OnnxOptions options) {
    long[] shape = OnnxShapes.join(new long[] {GraphValue.DYNAMIC}, sampleShape);
    return new OnnxGraph(new OnnxValue(INPUT, shape), OnnxType.FLOAT, List.of(BATCH), options);
  }

  /** A graph whose input is pictures of any size as they lie in memory, three bytes a pixel. */
  static OnnxGraph ofPictures(OnnxOptions options) {
    long[] shape = {GraphValue.DYNAMIC, GraphValue.DYNAMIC, GraphValue.DYNAMIC, 3};
    return new OnnxGraph(
        new OnnxValue(PICTURES, shape), OnnxType.UINT8, List.of(BATCH, HEIGHT, WIDTH), options);
  }

  GraphValue input() {
    return input;
  }

  boolean takesPictures() {
    return input.name().equals(PICTURES);
  }

  OnnxOptions options() {
    return options;
  }

  /** The number 1, which no one can know to be constant: it follows from the batch. */
  GraphValue one() {
    if (one == null) {
      List<GraphValue> shape = List.of(input);
      GraphValue batch =
          node("Shape", new long[] {1}, shape, attribute("start", 0), attribute("end", 1));
      GraphValue least = node("Min", new long[] {1}, List.of(batch, OnnxConstant.integers(1)));
      one = node("Cast", new long[] {1}, List.of(least), attribute("to", OnnxType.FLOAT.number()));
    }
    return one;
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
    OnnxValue value = new OnnxValue(nodes.add(path, operator, names, attributes), shape);
    if (operator.equals("LayerNormalization")
        && inputs.get(1) instanceof OnnxConstant weight
        && inputs.get(2) instanceof OnnxConstant bias) {
      normalized.put(
          value.name(), new LayerNormalization(inputs.get(0), weight, bias, List.of(attributes)));
    }
    return value;
  }

  /** A layer normalization with a constant added to its bias; empty for other sums. */
  Optional<GraphValue> intoBias(GraphValue value, GraphValue shift) {
    LayerNormalization norm =
        value instanceof OnnxValue computed ? normalized.get(computed.name()) : null;
    if (norm != null
        && shift instanceof OnnxConstant constant
        && Arrays.equals(constant.shape(), norm.bias().shape())) {
      Tensor sum = norm.bias().tensor().detach().add(constant.tensor().detach());
      OnnxConstant bias = new OnnxConstant(constant.name() + ".bias", sum);
      List<GraphValue> inputs = List.of(norm.input(), norm.weight(), bias);
      return Optional.of(
          node(
              "LayerNormalization",
              value.shape(),
              inputs,
              norm.attributes().toArray(AttributeProto[]::new)));
    }
    return Optional.empty();
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
    String result = name(output);
    NodeProto last =
        NodeProto.newBuilder()
            .setName(OUTPUT)
            .setOpType("Identity")
            .addInput(result)
            .addOutput(OUTPUT)
            .build();
    List<NodeProto> needed = nodes.needed(result);
    Set<String> used = new HashSet<>(Set.of(result));
    needed.forEach(node -> used.addAll(node.getInputList()));
    return GraphProto.newBuilder()
        .setName("steelyard")
        .addInput(described)
        .addOutput(describe(OUTPUT, OnnxType.FLOAT, output.shape(), List.of(BATCH)))
        .addAllInitializer(constants.needed(used))
        .addAllNode(needed)
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
