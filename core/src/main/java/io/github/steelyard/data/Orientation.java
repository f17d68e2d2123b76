package io.github.steelyard.data;

import com.twelvemonkeys.imageio.metadata.Directory;
import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEG;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEGSegment;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEGSegmentUtil;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * How a camera was held, as EXIF's tag 274 says it: 1 upright, 2 to 8 mirrored or turned. Pictures
 * are turned upright, as PIL's {@code ImageOps.exif_transpose} does.
 */
final class Orientation {
  private static final int TAG = 274;
  private static final int UPRIGHT = 1;

  private Orientation() {}

  /** Reads the tag; 1 if there is none. Damaged metadata says nothing about the pixels. */
  static int of(PictureKind kind, byte[] content) {
    try {
      byte[] exif =
          switch (kind) {
            case JPEG -> inJpeg(content);
            case PNG -> inChunks(content, 8, ByteOrder.BIG_ENDIAN, "eXIf");
            case WEBP -> inChunks(content, 12, ByteOrder.LITTLE_ENDIAN, "EXIF");
            case TIFF -> content;
            case GIF, BMP -> new byte[0];
          };
      return exif.length == 0 ? UPRIGHT : tag(exif);
    } catch (IOException | RuntimeException e) {
      return UPRIGHT;
    }
  }

  private static byte[] inJpeg(byte[] content) throws IOException {
    try (ImageInputStream in = open(content)) {
      List<JPEGSegment> segments = JPEGSegmentUtil.readSegments(in, JPEG.APP1, "Exif");
      if (segments.isEmpty()) {
        return new byte[0];
      }
      try (InputStream data = segments.get(0).data()) {
        byte[] padded = data.readAllBytes(); // one byte fills up the identifier
        return Arrays.copyOfRange(padded, 1, padded.length);
      }
    }
  }

  /** PNG's chunks have their length before the name and a checksum behind, RIFF's neither. */
  private static byte[] inChunks(byte[] content, int start, ByteOrder order, String name) {
    boolean png = order == ByteOrder.BIG_ENDIAN;
    ByteBuffer buffer = ByteBuffer.wrap(content).order(order);
    int at = start;
    while (at >= 0 && at + 8 <= content.length) {
      int length = buffer.getInt(png ? at : at + 4);
      String kind = new String(content, png ? at + 4 : at, 4, StandardCharsets.ISO_8859_1);
      if (length < 0 || length > content.length - at - 8) {
        break;
      }
      if (kind.equals(name)) {
        byte[] data = Arrays.copyOfRange(content, at + 8, at + 8 + length);
        boolean marked = new String(data, StandardCharsets.ISO_8859_1).startsWith("Exif\0\0");
        return marked ? Arrays.copyOfRange(data, 6, data.length) : data;
      }
      at += 8 + length + (png ? 4 : length % 2);
    }
    return new byte[0];
  }

  private static int tag(byte[] exif) throws IOException {
    try (ImageInputStream in = open(exif)) {
      Directory directory = new TIFFReader().read(in);
      Entry entry = directory.getEntryById(TAG);
      return entry != null && entry.getValue() instanceof Number number ? number.intValue() : 1;
    }
  }

  private static ImageInputStream open(byte[] content) {
    return new MemoryCacheImageInputStream(new ByteArrayInputStream(content));
  }

  /** Turns a picture upright. Unknown orientations leave it as it is. */
  static Image upright(Image image, int orientation) {
    if (orientation <= UPRIGHT || orientation > 8) {
      return image;
    }
    int height = image.height();
    int width = image.width();
    boolean turned = orientation >= 5;
    ImageShape shape =
        new ImageShape(image.channels(), turned ? width : height, turned ? height : width);
    byte[] in = image.pixels();
    byte[] out = new byte[in.length];
    int next = 0;
    for (int c = 0; c < shape.channels(); c++) {
      for (int y = 0; y < shape.height(); y++) {
        for (int x = 0; x < shape.width(); x++) {
          int row = turned ? x : y;
          int column = turned ? y : x;
          boolean fromBelow =
              orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
          boolean fromRight =
              orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
          int inRow = fromBelow ? height - 1 - row : row;
          int inColumn = fromRight ? width - 1 - column : column;
          out[next++] = in[(c * height + inRow) * width + inColumn];
        }
      }
    }
    return new Image(shape, out);
  }
}
