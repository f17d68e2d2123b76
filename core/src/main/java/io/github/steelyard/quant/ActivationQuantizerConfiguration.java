package io.github.steelyard.quant;

import io.github.steelyard.nn.Checks;

/**
 * How activations are quantized.
 *
 * @param bits from 1 to 8
 * @param slice what shares a scale
 * @param signedness which integers are used
 * @param shifts the number of channels, each with a learnable shift before and after; 0 for none
 * @param heads into how many heads the channels of a token are split, each with its own scale; 1
 *     for one scale for a token
 */
public record ActivationQuantizerConfiguration(
    int bits, Slice slice, Signedness signedness, long shifts, long heads) {
  /**
   * Checks the values.
   *
   * @param bits from 1 to 8
   * @param slice what shares a scale
   * @param signedness which integers are used
   * @param shifts the number of channels; 0 for none
   * @param heads at least 1; more than 1 with {@link Slice#TOKEN} only
   * @throws IllegalArgumentException if a value is out of range
   */
  public ActivationQuantizerConfiguration {
    Bounds.bits(bits, "activations");
    Checks.atLeast(0, shifts, "ActivationQuantizer", "shifts");
    Checks.atLeast(1, heads, "ActivationQuantizer", "heads");
    if (heads > 1 && slice != Slice.TOKEN) {
      throw new IllegalArgumentException(
          "ActivationQuantizer: scales for each head need the slice TOKEN, but it is " + slice);
    }
    if (shifts % heads != 0) {
      throw new IllegalArgumentException(
          "ActivationQuantizer: shifts ("
              + shifts
              + ") must be a multiple of heads ("
              + heads
              + ")");
    }
  }

  /**
   * Without heads.
   *
   * @param bits from 1 to 8
   * @param slice what shares a scale
   * @param signedness which integers are used
   * @param shifts the number of channels, 0 for no shifts
   * @return the configuration
   * @throws IllegalArgumentException if a value is out of range
   */
  public static ActivationQuantizerConfiguration of(
      int bits, Slice slice, Signedness signedness, long shifts) {
    return new ActivationQuantizerConfiguration(bits, slice, signedness, shifts, 1);
  }
}
