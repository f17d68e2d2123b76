package io.github.steelyard.quant;

import java.util.regex.Pattern;

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
    requirePattern(layers);
  }

  static void requirePattern(String layers) {
    if (layers.isBlank()) {
      throw new IllegalArgumentException(
          "layers must be a pattern, such as blocks.*.mlp.*, but it is empty");
    }
  }

  boolean matches(String path) {
    StringBuilder expression = new StringBuilder();
    for (int i = 0; i < layers.length(); i++) {
      char c = layers.charAt(i);
      expression.append(
          switch (c) {
            case '*' -> ".*";
            case '?' -> ".";
            default -> Pattern.quote(String.valueOf(c));
          });
    }
    return path.matches(expression.toString());
  }
}
