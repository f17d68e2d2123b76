package io.github.steelyard.nn;

import io.github.steelyard.runtime.Suggestion;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Chooses layers by their paths.
 *
 * @param pattern {@code *} stands for any characters, {@code ?} for one; such as {@code
 *     blocks.*.mlp.*}
 */
public record LayerPattern(String pattern) {
  /**
   * Checks the pattern.
   *
   * @param pattern not empty
   * @throws IllegalArgumentException if the pattern is empty
   */
  public LayerPattern {
    if (pattern.isBlank()) {
      throw new IllegalArgumentException(
          "layers must be a pattern, such as blocks.*.mlp.*, but it is empty");
    }
  }

  /**
   * Whether a path fits the pattern as a whole.
   *
   * @param path such as {@code blocks.0.mlp.fc1}
   * @return true if it fits
   */
  public boolean matches(String path) {
    StringBuilder expression = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      expression.append(
          switch (c) {
            case '*' -> ".*";
            case '?' -> ".";
            default -> Pattern.quote(String.valueOf(c));
          });
    }
    return path.matches(expression.toString());
  }

  /**
   * The paths that fit.
   *
   * @param paths the paths to choose from
   * @return at least one path, in their order
   * @throws IllegalArgumentException if none fits; the message names the nearest
   */
  public List<String> choose(Collection<String> paths) {
    List<String> chosen = paths.stream().filter(this::matches).toList();
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "the rule '" + pattern + "' matches no layer" + Suggestion.clause(pattern, paths));
    }
    return chosen;
  }

  @Override
  public String toString() {
    return pattern;
  }
}
