package io.github.steelyard.compander;

import io.github.steelyard.nn.LayerPattern;
import java.util.Optional;

/**
 * Another companding for some layers, or none.
 *
 * @param layers which layers, by their path: {@code *} stands for any characters, {@code ?} for
 *     one; such as {@code blocks.*.mlp.*}
 * @param companding theirs; empty to leave them as they are
 */
public record CompanderRule(String layers, Optional<Companding> companding) {
  /**
   * Checks the pattern.
   *
   * @param layers which layers, not empty
   * @param companding theirs; empty to leave them as they are
   * @throws IllegalArgumentException if the pattern is empty
   */
  public CompanderRule {
    layers = new LayerPattern(layers).pattern();
  }
}
