package io.github.steelyard.cli;

/** What a trained model can be written as. */
enum ExportFormat {
  /** Integers at their own bit width in a safetensors file. */
  PACKED("model-packed.safetensors"),
  /** A graph that ONNX Runtime and others run. */
  ONNX("model.onnx");

  private final String fileName;

  ExportFormat(String fileName) {
    this.fileName = fileName;
  }

  /** The file's name in a run's folder {@code exports}. */
  String fileName() {
    return fileName;
  }
}
