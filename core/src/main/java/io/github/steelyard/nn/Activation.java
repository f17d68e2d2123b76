package io.github.steelyard.nn;

/** The activation functions a model's configuration can ask for. */
public enum Activation {
  /** {@link ReLU}. */
  RELU,
  /** {@link GELU}. */
  GELU,
  /** {@link SiLU}. */
  SILU,
  /** {@link Tanh}. */
  TANH,
  /** {@link Sigmoid}. */
  SIGMOID,
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
      case GELU -> new GELU();
      case SILU -> new SiLU();
      case TANH -> new Tanh();
      case SIGMOID -> new Sigmoid();
      case IDENTITY -> new Identity();
    };
  }
}
