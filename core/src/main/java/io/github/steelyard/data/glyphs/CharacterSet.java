package io.github.steelyard.data.glyphs;

import io.github.steelyard.runtime.Suggestion;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Characters that can be told apart in an image that is scaled to the glyph, whatever their size in
 * the line. What looks like a character of another set is left out: EMNIST (Cohen et al., 2017)
 * merges such letters, but classes of two different glyphs would not be what their name says.
 */
public enum CharacterSet {
  /** The ten digits. */
  DIGITS("0123456789"),

  /**
   * The capitals, without O, which is 0 in many fonts, and the small letters whose form is not the
   * capital's and not that of a digit or of I.
   */
  LATIN("ABCDEFGHIJKLMNPQRSTUVWXYZabdefghijmnqrt"),

  /** The modern Greek letters that look like no Latin letter, in the case that differs most. */
  GREEK("ΓΔΘΛΞΠΣΦΨΩαβγδεζηθλμξπσφψω"),

  /** The Russian letters that look like no Latin or Greek letter and no digit. */
  CYRILLIC("БДЖИЙЛЦЧШЩЪЫЭЮЯ"),

  /** The 46 hiragana of today without marks, less へ, which katakana share. */
  HIRAGANA("あいうえおかきくけこさしすせそたちつてとなにぬねのはひふほまみむめもやゆよらりるれろわをん"),

  /** The 46 katakana of today without marks, less ヘ and リ, which hiragana share. */
  KATAKANA("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフホマミムメモヤユヨラルレロワヲン");

  private final String characters;

  CharacterSet(String characters) {
    this.characters = characters;
  }

  /**
   * The classes, each named by its character.
   *
   * @return in a fixed order
   */
  public List<String> characters() {
    return characters.codePoints().mapToObj(Character::toString).toList();
  }

  /**
   * The name on the command line.
   *
   * @return such as {@code "latin"}
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Finds a set.
   *
   * @param label its {@link #label}
   * @return the set
   * @throws IllegalArgumentException if there is none; the message suggests the nearest
   */
  public static CharacterSet of(String label) {
    return Arrays.stream(values())
        .filter(set -> set.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no character set '%s'%s"
                        .formatted(
                            label,
                            Suggestion.clause(
                                label,
                                Arrays.stream(values()).map(CharacterSet::label).toList()))));
  }
}
