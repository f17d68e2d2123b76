package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The content of one IDX file: an array of any dimensions, as LeCun's MNIST page defines it. */
final class IdxArray {
  /** An IDX element type; the codes are those of the format's third byte. */
  enum Element {
    UNSIGNED_BYTE(0x08, 1),
    SIGNED_BYTE(0x09, 1),
    SHORT(0x0B, 2),
    INT(0x0C, 4),
    FLOAT(0x0D, 4),
    DOUBLE(0x0E, 8);

    final int code;
    final int bytes;

    Element(int code, int bytes) {
      this.code = code;
      this.bytes = bytes;
    }
  }

  private final Path file;
  private final Element element;
  private final List<Integer> dimensions;
  private final byte[] data;

  IdxArray(Path file, Element element, List<Integer> dimensions, byte[] data) {
    this.file = file;
    this.element = element;
    this.dimensions = List.copyOf(dimensions);
    this.data = data;
  }

  Path file() {
    return file;
  }

  List<Integer> dimensions() {
    return dimensions;
  }

  /** The raw elements, big-endian; the live array. */
  byte[] data() {
    return data;
  }

  /** The array as images [n, height, width] or [n, channels, height, width]. */
  ImageShape imageShape() throws FileFormatException {
    int rank = dimensions.size();
    if (element != Element.UNSIGNED_BYTE || (rank != 3 && rank != 4)) {
      throw new FileFormatException(
          file,
          "images are unsigned bytes of 3 or 4 dimensions, but this holds %s of %s"
              .formatted(element, dimensions));
    }
    if (dimensions.contains(0)) {
      throw new FileFormatException(file, "holds no images: its dimensions are " + dimensions);
    }
    return new ImageShape(
        rank == 4 ? dimensions.get(1) : 1, dimensions.get(rank - 2), dimensions.get(rank - 1));
  }

  /** The array as class indices [n], of any integer type. */
  int[] labels() throws FileFormatException {
    if (dimensions.size() != 1 || element == Element.FLOAT || element == Element.DOUBLE) {
      throw new FileFormatException(
          file,
          "labels are integers of 1 dimension, but this holds %s of %s"
              .formatted(element, dimensions));
    }
    ByteBuffer buffer = ByteBuffer.wrap(data);
    int[] labels = new int[dimensions.get(0)];
    for (int i = 0; i < labels.length; i++) {
      labels[i] =
          switch (element) {
            case UNSIGNED_BYTE -> buffer.get() & 0xFF;
            case SIGNED_BYTE -> buffer.get();
            case SHORT -> buffer.getShort();
            default -> buffer.getInt();
          };
    }
    return labels;
  }
}
