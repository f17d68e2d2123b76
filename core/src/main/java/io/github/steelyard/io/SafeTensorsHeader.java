package io.github.steelyard.io;

import io.github.steelyard.runtime.Memory;
import io.github.steelyard.runtime.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: eight bytes with its length N, little-endian, then N bytes of
 * {@linkplain SafeTensorsHeaderJson JSON}. What it lists is checked against the size of the file.
 */
final class SafeTensorsHeader {
  /** The reference implementation's limit. */
  static final int MAX_LENGTH = 100_000_000;

  /** What a header of the shortest entries takes until an inspection of it is printed. */
  private static final long HEAP_PER_BYTE = 32;

  static final String METADATA = "__metadata__";

  private final Path file;
  private final long dataStart;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final List<TensorInfo> tensors = new ArrayList<>();

  private SafeTensorsHeader(Path file, long dataStart) {
    this.file = file;
    this.dataStart = dataStart;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  /** In the order of their data. */
  List<TensorInfo> tensors() {
    return tensors;
  }

  static SafeTensorsHeader read(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < Long.BYTES) {
      throw new FileFormatException(
          file,
          "not a safetensors file: it has "
              + size
              + " bytes, but the header's length alone takes 8");
    }
    ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (prefix.hasRemaining()) {
      if (channel.read(prefix, prefix.position()) < 0) {
        throw new FileFormatException(file, "the file became shorter while it was read");
      }
    }
    long length = prefix.getLong(0);
    if (length < 0 || length > MAX_LENGTH) {
      throw new FileFormatException(
          file,
          "the header's length is "
              + Long.toUnsignedString(length)
              + " bytes, but at most "
              + MAX_LENGTH
              + " are allowed; this is probably not a safetensors file");
    }
    if (length > size - Long.BYTES) {
      throw new FileFormatException(
          file,
          "truncated: the header takes "
              + length
              + " bytes, but only "
              + (size - Long.BYTES)
              + " follow its length");
    }
    try {
      Memory.requireHeap(HEAP_PER_BYTE * length, "the header of " + length + " bytes");
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(file, e.getMessage(), e);
    }
    SafeTensorsHeader header = new SafeTensorsHeader(file, Long.BYTES + length);
    channel.position(Long.BYTES);
    new SafeTensorsHeaderJson(file, header.metadata, header.tensors)
        .parse(Channels.newInputStream(channel), length);
    header.checkData(size);
    return header;
  }

  /** The data of the tensors must cover the rest of the file without overlap or gap. */
  private void checkData(long fileSize) throws FileFormatException {
    // Stable: empty tensors, which share an offset, stay in the header's order.
    tensors.sort(
        Comparator.comparingLong(TensorInfo::begin).thenComparingLong(t -> t.begin() + t.bytes()));
    long next = 0;
    for (int i = 0; i < tensors.size(); i++) {
      TensorInfo tensor = tensors.get(i);
      if (tensor.begin() != next) {
        throw problem(
            "the data of '"
                + shortened(tensor.name())
                + "' begins at "
                + tensor.begin()
                + (tensor.begin() < next ? ", inside the data of " : ", but must begin at ")
                + (tensor.begin() < next ? "'" + shortened(tensors.get(i - 1).name()) + "'" : next)
                + "; the tensors must follow one another without overlap or gap");
      }
      next += tensor.bytes();
      tensors.set(
          i,
          new TensorInfo(
              tensor.name(),
              tensor.dtype(),
              tensor.shape(),
              dataStart + tensor.begin(),
              tensor.bytes()));
    }
    long available = fileSize - dataStart;
    if (next != available) {
      throw problem(
          next > available
              ? "truncated: the tensors take "
                  + next
                  + " bytes, but only "
                  + available
                  + " follow the header"
              : "the tensors take " + next + " bytes, but " + available + " follow the header");
    }
  }

  /** Foreign text as it may stand in a message: not too long, no control characters. */
  static String shortened(String text) {
    String start = text.length() <= 80 ? text : text.substring(0, 77) + "...";
    return Printable.name(start);
  }

  private FileFormatException problem(String problem) {
    return new FileFormatException(file, problem);
  }
}
