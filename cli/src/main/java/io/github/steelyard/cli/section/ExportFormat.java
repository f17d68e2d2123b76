package io.github.steelyard.cli.section;

/** What a trained model can be written as. */
public enum ExportFormat {
  /** Integers at their own bit width in a safetensors file. */
  PACKED("model-packed.safetensors"),
  /** A graph that ONNX Runtime and others run. */
  ONNX("model.onnx"),
  /** The plain state dict in full precision, which PyTorch and timm load; nothing parametrized. */
  SAFETENSORS("model.safetensors");

  private final String fileName;

  ExportFormat(String fileName) {
    this.fileName = fileName;
  }

  /**
   * The file's name in a run's folder {@code exports}.
   *
   * @return the name in the run's folder {@code exports}
   */
  public String fileName() {
    return fileName;
  }
}
