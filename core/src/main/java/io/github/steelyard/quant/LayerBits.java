package io.github.steelyard.quant;

/**
 * The bits of one layer.
 *
 * @param weights bits of the weight, from 1 to 8, or {@link #FLOAT} to leave the layer as it is
 * @param activations bits of the input, from 1 to 8, or {@link #FLOAT} to leave it as it is
 */
public record LayerBits(int weights, int activations) {
  /** Not quantized. */
  public static final int FLOAT = 32;

  /**
   * Checks the values.
   *
   * @param weights from 1 to 8, or {@link #FLOAT}
   * @param activations from 1 to 8, or {@link #FLOAT}
   * @throws IllegalArgumentException if a value is neither, or activations are quantized where the
   *     weight is not
   */
  public LayerBits {
    check(weights, "weights");
    check(activations, "activations");
    if (weights == FLOAT && activations != FLOAT) {
      throw new IllegalArgumentException(
          "activations of "
              + activations
              + " bits need quantized weights too, but weights are not quantized; choose weight"
              + " bits from 1 to 8, or activations of "
              + FLOAT);
    }
  }

  private static void check(int bits, String what) {
    if (bits != FLOAT && (bits < 1 || bits > 8)) {
      throw new IllegalArgumentException(
          what
              + " must be from 1 to 8 bits, or "
              + FLOAT
              + " for none, but is "
              + bits
              + "; the nearest is "
              + (bits < 1 ? 1 : bits > 20 ? FLOAT : 8));
    }
  }

  /**
   * Whether the layer stays as it is.
   *
   * @return true if its weight is not quantized
   */
  public boolean isFloat() {
    return weights == FLOAT;
  }
}
