package io.github.steelyard.io.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The nodes of a graph in the order of computation, named after the modules they belong to. */
final class OnnxNodes {
  private final List<NodeProto.Builder> nodes = new ArrayList<>();
  private final Map<String, Integer> counts = new HashMap<>();

  /** Adds a node with one output, whose name is short: large graphs name each several times. */
  String add(String path, String operator, List<String> inputs, AttributeProto... attributes) {
    String stem = path.isEmpty() ? operator : path + "/" + operator;
    int count = counts.merge(stem, 1, Integer::sum);
    String name = count == 1 ? stem : stem + "_" + count;
    String output = "v" + nodes.size();
    nodes.add(
        NodeProto.newBuilder()
            .setName(name)
            .setOpType(operator)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(List.of(attributes)));
    return output;
  }

  /** The nodes that the output needs. */
  List<NodeProto> needed(String output) {
    Set<String> needed = new HashSet<>(Set.of(output));
    List<NodeProto> found = new ArrayList<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      NodeProto.Builder node = nodes.get(i);
      if (needed.contains(node.getOutput(0))) {
        needed.addAll(node.getInputList());
        found.add(node.build());
      }
    }
    Collections.reverse(found);
    return found;
  }

  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto attribute(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
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
