package io.github.steelyard.runtime;

/**
 * Text from files as it may stand before a person. A name in a file of weights may hold anything:
 * sequences that a terminal obeys, line breaks that make a row that is not there, marks that turn
 * the direction of what follows. These are written as Java and JSON write them, such as {@code \n};
 * letters of every language stay as they are.
 */
public final class Printable {
  private Printable() {}

  /**
   * A text of one line or several.
   *
   * @param text any text
   * @return the same with all but line breaks and tabs made visible
   */
  public static String text(String text) {
    return visible(text, true);
  }

  /**
   * A name, which has one line.
   *
   * @param name any text
   * @return the same with line breaks and tabs made visible too
   */
  public static String name(String name) {
    return visible(name, false);
  }

  private static String visible(String text, boolean lines) {
    StringBuilder visible = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain = !isHidden(c) || (lines && isLayout(text, i));
      if (!plain && visible == null) {
        visible = new StringBuilder(text.substring(0, i));
      }
      if (visible != null) {
        visible.append(plain ? String.valueOf(c) : escaped(c));
      }
    }
    return visible == null ? text : visible.toString();
  }

  private static boolean isLayout(String text, int i) {
    char c = text.charAt(i);
    boolean windowsBreak = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n';
    return c == '\n' || c == '\t' || windowsBreak;
  }

  private static boolean isHidden(char c) {
    return Character.isISOControl(c)
        || c == 0x061c // The Arabic letter mark, and further marks of direction.
        || (c >= 0x200e && c <= 0x200f)
        || (c >= 0x2028 && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069)
        || c == 0xfeff;
  }

  private static String escaped(char c) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> "\\" + "u%04x".formatted((int) c);
    };
  }
}
