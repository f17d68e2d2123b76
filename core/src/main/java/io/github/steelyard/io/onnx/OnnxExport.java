package io.github.steelyard.io.onnx;

import java.util.Collections;
import java.util.List;
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
 * @param integerProducts number of matrix products of integers
 * @param floatProducts the matrix products and convolutions in float32, by module and operator
 */
public record OnnxExport(
    long bytes,
    Map<String, Long> constantBytes,
    int nodes,
    int opset,
    int integerProducts,
    List<String> floatProducts) {
  /**
   * Copies map and list.
   *
   * @param bytes size of the file
   * @param constantBytes bytes of the constants by element type
   * @param nodes number of nodes in the graph
   * @param opset version of ONNX's operator set
   * @param integerProducts number of matrix products of integers
   * @param floatProducts the matrix products and convolutions in float32
   */
  public OnnxExport {
    constantBytes = Collections.unmodifiableMap(new TreeMap<>(constantBytes));
    floatProducts = List.copyOf(floatProducts);
  }

  /**
   * The oldest ONNX Runtime that reads the file: by its table of operator sets and file formats up
   * to set 21; for newer sets, the version that was tried.
   *
   * @return such as {@code 1.18}
   */
  public String runtime() {
    return switch (opset) {
      case 18 -> "1.14";
      case 19 -> "1.16";
      case 20 -> "1.17";
      case 21 -> "1.18";
      default -> "1.29";
    };
  }
}
