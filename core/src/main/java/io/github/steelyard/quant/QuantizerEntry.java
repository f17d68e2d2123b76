package io.github.steelyard.quant;

import io.github.steelyard.runtime.Named;
import java.util.function.IntFunction;

/**
 * One quantizer of weights in the register.
 *
 * @param <Q> its class
 * @param name how recipes call it, such as {@code statsq}
 * @param summary what it does, in one sentence
 * @param type its class, which tells what it can do: see {@link #quantizesProducts} and {@link
 *     #freezes}
 * @param leastBits the fewest bits that it takes, at least 1
 * @param mostBits the most bits that it takes, at most 8
 * @param factory makes a new one for one weight from a number of bits
 */
public record QuantizerEntry<Q extends WeightQuantizer>(
    String name,
    String summary,
    Class<Q> type,
    int leastBits,
    int mostBits,
    IntFunction<? extends Q> factory)
    implements Named {
  /**
   * Checks the range.
   *
   * @param name how recipes call it
   * @param summary what it does
   * @param type its class
   * @param leastBits at least 1
   * @param mostBits at most 8, and not below {@code leastBits}
   * @param factory makes a new one
   * @throws IllegalArgumentException if the range is empty or not within 1 to 8
   */
  public QuantizerEntry {
    if (leastBits < 1 || mostBits > 8 || leastBits > mostBits) {
      throw new IllegalArgumentException(
          "the quantizer '"
              + name
              + "' must take some of 1 to 8 bits, but says "
              + leastBits
              + " to "
              + mostBits);
    }
  }

  /**
   * Makes a quantizer for one weight.
   *
   * @param bits the number of bits
   * @return a new quantizer
   * @throws IllegalArgumentException if it does not take so many bits; the message says which
   */
  public Q create(int bits) {
    requireBits(bits);
    return factory.apply(bits);
  }

  /**
   * Refuses a number of bits that it does not take.
   *
   * @param bits the number of bits
   * @throws IllegalArgumentException if it is out of its range
   */
  void requireBits(int bits) {
    if (bits < leastBits || bits > mostBits) {
      throw new IllegalArgumentException(
          "the quantizer '"
              + name
              + "' takes "
              + (leastBits == mostBits ? leastBits : leastBits + " to " + mostBits)
              + " bits, but was asked for "
              + bits);
    }
  }

  /**
   * Whether it suits query-key reparameterization.
   *
   * @return true for a {@link ProductQuantizer}
   */
  public boolean quantizesProducts() {
    return ProductQuantizer.class.isAssignableFrom(type);
  }

  /**
   * Whether it suits {@link IterativeFreezing}.
   *
   * @return true for a {@link FreezableQuantizer}
   */
  public boolean freezes() {
    return FreezableQuantizer.class.isAssignableFrom(type);
  }
}
