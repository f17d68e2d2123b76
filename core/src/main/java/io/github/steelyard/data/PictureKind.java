package io.github.steelyard.data;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kinds of picture files that are read, told by how a file begins and not by its name. */
enum PictureKind {
  /** A JPEG codes 8 x 8 pixels with one bit at least, so a byte holds at most 512. */
  JPEG("JPEG", "jpeg", 512),
  /** Deflate expands at most 1032 times, and a PNG pixel has one bit at least. */
  PNG("PNG", "png", 8 * 1032),
  /** A flat one can be smaller still, but its decoder takes time by the pixels that it claims. */
  WEBP("WebP", "webp", 4096),
  /** LZW's longest code is 12 bits for 4,096 pixels. */
  GIF("GIF", "gif", 4096),
  /** Runs of at most 255 pixels in two bytes. */
  BMP("BMP", "bmp", 128),
  /** Deflate again, the densest of its ways. */
  TIFF("TIFF", "tiff", 8 * 1032);

  /** How many bytes of a file {@link #of} looks at. */
  static final int HEAD = 32;

  /** What people have on their disks and we cannot read, by what stands at byte 4 of the file. */
  private static final Map<String, String> UNREAD =
      Map.of(
          "ftyphe", "HEIC",
          "ftypmi", "HEIF",
          "ftypms", "HEIF",
          "ftypav", "AVIF");

  private final String title;
  private final String formatName;
  private final long pixelsPerByte;

  PictureKind(String title, String formatName, long pixelsPerByte) {
    this.title = title;
    this.formatName = formatName;
    this.pixelsPerByte = pixelsPerByte;
  }

  /** The name for a person. */
  String title() {
    return title;
  }

  /** Image I/O's name. */
  String formatName() {
    return formatName;
  }

  /** How many pixels a byte of the file can hold at most. */
  long pixelsPerByte() {
    return pixelsPerByte;
  }

  /** Tells the kind by a file's first bytes; empty if it is none of these. */
  static Optional<PictureKind> of(byte[] head) {
    String text = text(head);
    if (text.startsWith("\u00FF\u00D8\u00FF")) {
      return Optional.of(JPEG);
    }
    if (text.startsWith("\u0089PNG\r\n\u001A\n")) {
      return Optional.of(PNG);
    }
    if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) {
      return Optional.of(WEBP);
    }
    if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) {
      return Optional.of(GIF);
    }
    if (text.startsWith("BM")) {
      return Optional.of(BMP);
    }
    if (List.of("II*\0", "MM\0*", "II+\0", "MM\0+").stream().anyMatch(text::startsWith)) {
      return Optional.of(TIFF);
    }
    return Optional.empty();
  }

  /** What is wrong with a file that is of no kind. */
  static String complaint(byte[] head) {
    if (head.length == 0) {
      return "is empty";
    }
    String text = text(head);
    for (Map.Entry<String, String> kind : UNREAD.entrySet()) {
      if (text.startsWith(kind.getKey(), 4)) {
        return "is a "
            + kind.getValue()
            + " picture, which is not read; save it as JPEG, PNG, WebP, TIFF, BMP or GIF";
      }
    }
    return "is no picture; JPEG, PNG, WebP, TIFF, BMP and GIF are read";
  }

  private static String text(byte[] head) {
    return new String(head, 0, Math.min(HEAD, head.length), StandardCharsets.ISO_8859_1);
  }
}
