package io.github.steelyard.data;

import java.io.IOException;
import java.nio.file.Path;

/** Reads how large a picture is from the beginning of its file, and from more only if need be. */
final class PictureHeader {
  /** Holds the header of nearly every JPEG, with EXIF and its small picture. */
  static final int FIRST = 1 << 17;

  private PictureHeader() {}

  /** The size, upright. */
  static ImageShape size(Path file, PictureKind kind, byte[] first, long length)
      throws IOException {
    // TIFF's directory and WebP's EXIF may stand at the end.
    boolean atEnd = kind == PictureKind.TIFF || kind == PictureKind.WEBP;
    if (length <= first.length) {
      return ImageDecoder.size(file, kind, first, length);
    }
    if (!atEnd) {
      try {
        return ImageDecoder.size(file, kind, first, length);
      } catch (IOException e) {
        // The header is longer than usual: the whole file tells.
      }
    }
    return ImageDecoder.size(file, kind, ImageDecoder.content(file), length);
  }
}
