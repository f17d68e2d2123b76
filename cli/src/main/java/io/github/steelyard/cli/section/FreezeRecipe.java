package io.github.steelyard.cli.section;

import java.util.List;

/**
 * What a recipe keeps as it is while the rest is trained.
 *
 * @param layers parts that are never trained, by patterns of their paths such as {@code blocks.0}
 * @param unfreezeEvery after how many epochs one more layer learns, from the head to the stem; 0
 *     for all at once
 */
public record FreezeRecipe(List<String> layers, int unfreezeEvery) {
  /**
   * Checks the values.
   *
   * @param layers no blank pattern
   * @param unfreezeEvery at least 0
   * @throws IllegalArgumentException if a value is out of range, or nothing is frozen
   */
  public FreezeRecipe {
    layers = List.copyOf(layers);
    if (layers.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException("layers must not hold an empty pattern");
    }
    if (unfreezeEvery < 0) {
      throw new IllegalArgumentException(
          "unfreezeEvery must be at least 0 (all layers learn at once), but is " + unfreezeEvery);
    }
  }

  static FreezeRecipe defaults() {
    return new FreezeRecipe(List.of(), 0);
  }
}
