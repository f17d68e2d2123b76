package io.github.steelyard.nn;

/** The activation functions a model's configuration can ask for. */
public enum Activation {
  /** {@link ReLU}. */
  RELU,
  /** {@link ReLU6}. */
  RELU6,
  /** {@link GELU}. */
  GELU,
  /** {@link SiLU}. */
  SILU,
  /** {@link Hardswish}. */
  HARDSWISH,
  /** {@link Tanh}. */
  TANH,
  /** {@link Sigmoid}. */
  SIGMOID,
  /** {@link Hardsigmoid}. */
  HARDSIGMOID,
  /** {@link Identity}: a linear network. */
  IDENTITY;

  /**
   * Makes the layer.
   *
   * @return a new module
   */
  public Module module() {
    return switch (this) {
      case RELU -> new ReLU();
      case RELU6 -> new ReLU6();
      case GELU -> new GELU();
      case SILU -> new SiLU();
      case HARDSWISH -> new Hardswish();
      case TANH -> new Tanh();
      case SIGMOID -> new Sigmoid();
      case HARDSIGMOID -> new Hardsigmoid();
      case IDENTITY -> new Identity();
    };
  }
}
