package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads IDX files, plain or gzipped. Nothing is allocated on a header's word alone: a plain file
 * must have the promised length, and a gzipped one must be able to expand to it.
 */
final class IdxReader {
  /** No deflate stream expands further: 258 bytes cost at least two bits. */
  private static final long MOST_EXPANSION = 1032;

  private static final int MOST_DIMENSIONS = 8;

  private IdxReader() {}

  static IdxArray read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(file, in, Files.size(file));
    }
  }

  /**
   * Reads from memory.
   *
   * @param name stands for the file in messages
   */
  static IdxArray read(Path name, byte[] content) throws IOException {
    return read(name, new ByteArrayInputStream(content), content.length);
  }

  private static IdxArray read(Path file, InputStream raw, long length) throws IOException {
    BufferedInputStream in = new BufferedInputStream(raw, 1 << 16);
    in.mark(2);
    byte[] start = in.readNBytes(2);
    in.reset();
    boolean compressed =
        start.length == 2 && (start[0] & 0xFF) == 0x1F && (start[1] & 0xFF) == 0x8B;
    try {
      return compressed
          ? parse(file, new GZIPInputStream(in, 1 << 16), length, true)
          : parse(file, in, length, false);
    } catch (ZipException | EOFException e) {
      throw new FileFormatException(file, "the gzip stream is damaged: " + e.getMessage(), e);
    }
  }

  private static IdxArray parse(Path file, InputStream in, long length, boolean compressed)
      throws IOException {
    byte[] magic = exactly(file, in, 4, "the header");
    if (magic[0] != 0 || magic[1] != 0) {
      throw new FileFormatException(
          file,
          "is no IDX file: it begins with 0x%02x%02x, not 0x0000".formatted(magic[0], magic[1]));
    }
    IdxArray.Element element =
        Arrays.stream(IdxArray.Element.values())
            .filter(e -> e.code == magic[2])
            .findFirst()
            .orElseThrow(
                () ->
                    new FileFormatException(
                        file, "has the unknown element type 0x%02x".formatted(magic[2])));
    int rank = magic[3] & 0xFF;
    if (rank < 1 || rank > MOST_DIMENSIONS) {
      throw new FileFormatException(
          file, "has %d dimensions; 1 to %d are read".formatted(rank, MOST_DIMENSIONS));
    }
    List<Integer> dimensions = dimensions(file, exactly(file, in, 4 * rank, "the header"));
    long bytes = size(file, element, dimensions);
    long header = 4L + 4L * rank;
    if (!compressed && length != header + bytes) {
      throw new FileFormatException(
          file,
          "its header %s needs %d bytes, but the file has %d"
              .formatted(dimensions, header + bytes, length));
    }
    if (compressed && bytes > length * MOST_EXPANSION) {
      throw new FileFormatException(
          file,
          "its header %s needs %d bytes, more than %d compressed bytes can hold"
              .formatted(dimensions, header + bytes, length));
    }
    if (bytes > Runtime.getRuntime().maxMemory()) {
      throw new IOException(
          "%s holds %d MB, more than this JVM may use (%d MB); start it with a larger -Xmx"
              .formatted(file, bytes >> 20, Runtime.getRuntime().maxMemory() >> 20));
    }
    byte[] data = exactly(file, in, Math.toIntExact(bytes), "the array " + dimensions);
    if (in.read() != -1) {
      throw new FileFormatException(file, "goes on after the array " + dimensions);
    }
    return new IdxArray(file, element, dimensions, data);
  }

  private static List<Integer> dimensions(Path file, byte[] header) throws FileFormatException {
    List<Integer> dimensions = new ArrayList<>();
    for (int i = 0; i < header.length; i += 4) {
      int dimension =
          (header[i] & 0xFF) << 24
              | (header[i + 1] & 0xFF) << 16
              | (header[i + 2] & 0xFF) << 8
              | (header[i + 3] & 0xFF);
      if (dimension < 0) {
        throw new FileFormatException(
            file,
            "dimension %d is %d, more than the 2147483647 that are read"
                .formatted(i / 4, Integer.toUnsignedLong(dimension)));
      }
      dimensions.add(dimension);
    }
    return dimensions;
  }

  private static long size(Path file, IdxArray.Element element, List<Integer> dimensions)
      throws FileFormatException {
    long bytes = element.bytes;
    for (int dimension : dimensions) {
      bytes *= dimension; // below 2^31 * 2^31 at every step
      if (bytes > Integer.MAX_VALUE - 16) {
        throw new FileFormatException(
            file, "its header promises an array of " + dimensions + ", over 2 GiB");
      }
    }
    return bytes;
  }

  private static byte[] exactly(Path file, InputStream in, int count, String part)
      throws IOException {
    byte[] bytes = new byte[count];
    int read = in.readNBytes(bytes, 0, count);
    if (read < count) {
      throw new FileFormatException(
          file, "ends inside %s: %d of %d bytes are there".formatted(part, read, count));
    }
    return bytes;
  }
}
