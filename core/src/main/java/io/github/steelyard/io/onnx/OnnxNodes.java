package io.github.steelyard.io.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The nodes of a graph in the order of computation, named after the modules they belong to. */
final class OnnxNodes {
  private final List<NodeProto.Builder> nodes = new ArrayList<>();
  private final Map<String, Integer> counts = new HashMap<>();

  /** Adds a node with one output, which has the node's name. */
  String add(String path, String operator, List<String> inputs, AttributeProto... attributes) {
    String stem = path.isEmpty() ? operator : path + "/" + operator;
    int count = counts.merge(stem, 1, Integer::sum);
    String name = count == 1 ? stem : stem + "_" + count;
    nodes.add(
        NodeProto.newBuilder()
            .setName(name)
            .setOpType(operator)
            .addAllInput(inputs)
            .addOutput(name)
            .addAllAttribute(List.of(attributes)));
    return name;
  }

  List<NodeProto> build() {
    return nodes.stream().map(NodeProto.Builder::build).toList();
  }

  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto attribute(String name, double value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF((float) value)
        .build();
  }

  static AttributeProto attribute(String name, long[] values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }
}
