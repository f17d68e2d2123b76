package io.github.steelyard.quant;

import io.github.steelyard.runtime.Register;
import java.util.List;

/** The register of quantizers of weights: ours and those of jars on the class path. */
public final class Quantizers {
  private Quantizers() {}

  private static Register<QuantizerEntry<?>> register() {
    return Register.load("quantizer", QuantizerProvider.class, QuantizerProvider::quantizers);
  }

  /**
   * All quantizers of weights.
   *
   * @return in the order of the class path
   * @throws io.github.steelyard.runtime.RegisterException if a provider cannot be loaded, or two
   *     claim one name
   */
  public static List<QuantizerEntry<?>> all() {
    return register().all();
  }

  /**
   * One quantizer.
   *
   * @param name such as {@code statsq}
   * @return its entry
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public static QuantizerEntry<?> get(String name) {
    return register().get(name);
  }

  /**
   * Makes a quantizer for one weight.
   *
   * @param name such as {@code statsq}
   * @param bits the number of bits
   * @return a new quantizer
   * @throws IllegalArgumentException if there is none of that name, or it does not take so many
   *     bits
   */
  public static WeightQuantizer create(String name, int bits) {
    return get(name).create(bits);
  }
}
