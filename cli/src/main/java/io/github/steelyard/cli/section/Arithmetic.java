package io.github.steelyard.cli.section;

/** How an ONNX graph of a quantized network multiplies. */
public enum Arithmetic {
  /** Integers, wherever both factors are. */
  INTEGER,
  /** In float32, after rounding to the levels. */
  FLOAT
}
