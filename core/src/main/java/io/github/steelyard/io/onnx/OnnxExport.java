package io.github.steelyard.io.onnx;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was written.
 *
 * @param bytes size of the file
 * @param constantBytes bytes of the constants by ONNX's name of their element type, such as {@code
 *     FLOAT} or {@code INT4}
 * @param nodes number of nodes in the graph
 * @param opset version of ONNX's operator set that a runtime must know
 */
public record OnnxExport(long bytes, Map<String, Long> constantBytes, int nodes, int opset) {
  /**
   * Copies the map.
   *
   * @param bytes size of the file
   * @param constantBytes bytes of the constants by element type
   * @param nodes number of nodes in the graph
   * @param opset version of ONNX's operator set
   */
  public OnnxExport {
    constantBytes = Collections.unmodifiableMap(new TreeMap<>(constantBytes));
  }
}
