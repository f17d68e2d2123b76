package io.github.steelyard.quant;

import java.util.List;

/**
 * Brings quantizers of weights by name. A jar names its provider in {@code
 * META-INF/services/io.github.steelyard.quant.QuantizerProvider}; recipes then write {@code method:
 * <name>} in their section {@code quantization}, programs {@link
 * QuantizationConfiguration#withMethod}. A quantizer is one file: a {@link WeightQuantizer} with
 * its provider nested in it.
 *
 * <pre>{@code
 * public final class TernaryWeights extends WeightQuantizer {
 *   ...
 *   public static final class Provider implements QuantizerProvider {
 *     public List<QuantizerEntry<?>> quantizers() {
 *       return List.of(
 *           new QuantizerEntry<>(
 *               "twn", "levels -a, 0 and a", TernaryWeights.class, 2, 2, TernaryWeights::new));
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>The line in the services file is the binary name, {@code com.example.TernaryWeights$Provider}.
 * The provider needs a public constructor without arguments.
 */
public interface QuantizerProvider {
  /**
   * The quantizers of one jar.
   *
   * @return at least one
   */
  List<QuantizerEntry<?>> quantizers();
}
