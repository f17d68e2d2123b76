package io.github.steelyard.quant;

import io.github.steelyard.nn.LayerPattern;

/**
 * Other bits for some layers.
 *
 * @param layers which layers, by their path: {@code *} stands for any characters, {@code ?} for
 *     one; such as {@code blocks.*.mlp.*}
 * @param bits their bits
 */
public record LayerRule(String layers, LayerBits bits) {
  /**
   * Checks the pattern.
   *
   * @param layers which layers, not empty
   * @param bits their bits
   * @throws IllegalArgumentException if the pattern is empty
   */
  public LayerRule {
    layers = new LayerPattern(layers).pattern();
  }
}
