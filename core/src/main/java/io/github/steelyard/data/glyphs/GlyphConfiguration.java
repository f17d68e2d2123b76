package io.github.steelyard.data.glyphs;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a glyph data set holds.
 *
 * @param characters the classes, each one character (Unicode code point)
 * @param size height and width of the images, in pixels
 * @param testShare the share of each class's images that is aimed at for the test split, above 0
 *     and below 1; designs are never divided, so that it is met only about
 * @param seed decides which designs are for the test
 */
public record GlyphConfiguration(List<String> characters, int size, double testShare, long seed) {
  /**
   * Checks the values.
   *
   * @param characters the classes, each one character (Unicode code point)
   * @param size height and width of the images, in pixels, from 8 to 512
   * @param testShare the share of images that is aimed at for the test split, above 0 and below 1
   * @param seed decides which designs are for the test
   * @throws IllegalArgumentException if a value is out of its range, there are fewer than two
   *     characters, or one comes twice or is no single character
   */
  public GlyphConfiguration {
    characters = List.copyOf(characters);
    if (characters.size() < 2) {
      throw new IllegalArgumentException("Two characters are the least, not " + characters);
    }
    Set<String> seen = new HashSet<>();
    for (String character : characters) {
      int point = character.codePointCount(0, character.length());
      if (point != 1 || Character.isWhitespace(character.codePointAt(0))) {
        throw new IllegalArgumentException(
            "A class is one visible character, not '" + character + "'");
      }
      if (!seen.add(character)) {
        throw new IllegalArgumentException("The character '" + character + "' is named twice");
      }
    }
    if (size < 8 || size > 512) {
      throw new IllegalArgumentException("The size is from 8 to 512 pixels, not " + size);
    }
    if (!(testShare > 0 && testShare < 1)) {
      throw new IllegalArgumentException(
          "The test share is above 0 and below 1, such as 0.25, not " + testShare);
    }
  }
}
