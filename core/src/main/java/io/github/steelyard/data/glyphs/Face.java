package io.github.steelyard.data.glyphs;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One face of a font file with the images of the characters that it has. */
final class Face implements Comparable<Face> {
  /** Words of family names that tell a variant of one design from another. */
  private static final Set<String> VARIANTS =
      Set.of(
          "thin",
          "extralight",
          "ultralight",
          "light",
          "semilight",
          "book",
          "regular",
          "roman",
          "normal",
          "medium",
          "demi",
          "demibold",
          "semibold",
          "bold",
          "extrabold",
          "ultrabold",
          "black",
          "heavy",
          "ultra",
          "extra",
          "semi",
          "condensed",
          "cond",
          "semicondensed",
          "extracondensed",
          "narrow",
          "compressed",
          "expanded",
          "wide",
          "italic",
          "oblique",
          "slanted",
          "caps",
          "display",
          "compact");

  final String file;
  final int index;
  final String sha256;
  final FontNames names;

  /** By class index. */
  final TreeMap<Integer, byte[]> images;

  Face(String file, int index, String sha256, FontNames names, Map<Integer, byte[]> images) {
    this.file = file;
    this.index = index;
    this.sha256 = sha256;
    this.names = names;
    this.images = new TreeMap<>(images);
  }

  /** The family's name without words such as Light or Condensed, which name variants. */
  String design() {
    StringBuilder kept = new StringBuilder();
    for (String word : names.family().toLowerCase(Locale.ROOT).split("[\\s_-]+", -1)) {
      if (!word.isEmpty() && !VARIANTS.contains(word)) {
        kept.append(kept.length() == 0 ? "" : " ").append(word);
      }
    }
    return kept.length() == 0 ? names.family().toLowerCase(Locale.ROOT) : kept.toString();
  }

  /** The mean difference of two images: 0 for equal ones, 1 for black and white. */
  static double difference(byte[] a, byte[] b) {
    long sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs((a[i] & 0xFF) - (b[i] & 0xFF));
    }
    return sum / (255.0 * a.length);
  }

  @Override
  public int compareTo(Face other) {
    int order = names.family().compareTo(other.names.family());
    order = order != 0 ? order : names.style().compareTo(other.names.style());
    order = order != 0 ? order : sha256.compareTo(other.sha256);
    order = order != 0 ? order : Integer.compare(index, other.index);
    return order != 0 ? order : file.compareTo(other.file);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return names.family() + " " + names.style();
  }
}
