package io.github.steelyard.io.onnx;

/** How a graph stores the integers of weights of fewer than 8 bits. */
public enum OnnxStorage {
  /**
   * Side by side in bytes, taken apart by operators that ONNX Runtime evaluates once, when it loads
   * the file. Needs operator set 18.
   */
  PACKED,
  /**
   * In ONNX's own types: UINT4 for 3 and 4 bits, which needs operator set 21, and UINT2 for 1 and 2
   * bits where the operator set is 25 or later.
   */
  NATIVE,
  /** A byte each, as INT8. Needs operator set 18. */
  INT8
}
