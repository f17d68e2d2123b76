package io.github.steelyard.data.glyphs;

import java.io.IOException;
import java.util.Comparator;
import java.util.Optional;
import org.apache.fontbox.ttf.NameRecord;
import org.apache.fontbox.ttf.NamingTable;
import org.apache.fontbox.ttf.TrueTypeFont;

/**
 * What a font says about itself in its name table; empty texts where it says nothing.
 *
 * @param family such as "Noto Sans", over all weights
 * @param style such as "Bold Italic"
 * @param version as the font writes it
 * @param copyright as the font writes it
 * @param licence as the font writes it, shortened
 * @param licenceAddress where the licence stands
 */
record FontNames(
    String family,
    String style,
    String version,
    String copyright,
    String licence,
    String licenceAddress) {
  private static final int LONGEST = 300;
  private static final int WINDOWS = 3;
  private static final int ENGLISH = 0x409;

  static FontNames of(TrueTypeFont font, String file) throws IOException {
    NamingTable table = font.getNaming();
    if (table == null) {
      throw new IOException("it has no name table");
    }
    String family = text(table, 16).or(() -> text(table, 1)).orElse(file);
    return new FontNames(
        family,
        text(table, 17).or(() -> text(table, 2)).orElse("Regular"),
        text(table, 5).orElse(""),
        text(table, 0).orElse(""),
        text(table, 13).orElse(""),
        text(table, 14).orElse(""));
  }

  private static Optional<String> text(NamingTable table, int id) {
    return table.getNameRecords().stream()
        .filter(each -> each.getNameId() == id && each.getString() != null)
        .filter(each -> !each.getString().isBlank())
        .min(Comparator.comparingInt(FontNames::preference))
        .map(each -> each.getString().replaceAll("[\\s\\p{Cntrl}]+", " ").strip())
        .map(text -> text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...");
  }

  private static int preference(NameRecord name) {
    if (name.getPlatformId() == WINDOWS) {
      return name.getLanguageId() == ENGLISH ? 0 : 2;
    }
    return name.getLanguageId() == 0 ? 1 : 3;
  }
}
