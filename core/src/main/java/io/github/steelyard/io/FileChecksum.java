package io.github.steelyard.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The checksum that a safetensors file of ours carries among its metadata: one CRC-32C of all that
 * the header says, these checksums included, and one for the data of each tensor, in their order.
 * So everything in the file is covered, and who reads one tensor of many checks that one and the
 * header.
 *
 * @param header of names, types, shapes, places and the other metadata
 * @param tensors of the data, in their order
 */
record FileChecksum(int header, List<Integer> tensors) {
  /** Under which key it stands: eight hexadecimal digits of the header, then of each tensor. */
  static final String KEY = "steelyard.checksums";

  private static final int DIGITS = 2 * Integer.BYTES;

  /** Of a file with these tensors, in the order of their data, from the start of the data. */
  static FileChecksum of(
      Map<String, String> metadata, List<TensorInfo> infos, List<Integer> tensors) {
    CRC32C header = new CRC32C();
    new TreeMap<>(metadata).forEach((key, value) -> add(header, key, value));
    long start = infos.isEmpty() ? 0 : infos.get(0).begin();
    for (int i = 0; i < infos.size(); i++) {
      TensorInfo info = infos.get(i);
      add(header, info.name(), info.dtype().name());
      long[] shape = info.shape();
      ByteBuffer numbers = ByteBuffer.allocate(Long.BYTES * (shape.length + 3));
      numbers.putLong(shape.length);
      for (long size : shape) {
        numbers.putLong(size);
      }
      header.update(numbers.putLong(info.begin() - start).putLong(tensors.get(i)).flip());
    }
    return new FileChecksum((int) header.getValue(), tensors);
  }

  private static void add(CRC32C checksum, String... texts) {
    for (String text : texts) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      checksum.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
      checksum.update(bytes);
    }
  }

  /** Reads what {@link #toString} gave; empty for anything else, or of other tensors. */
  static Optional<FileChecksum> parse(String text, int tensors) {
    if (text.length() != DIGITS * (tensors + 1L)) {
      return Optional.empty();
    }
    try {
      ByteBuffer all = ByteBuffer.wrap(HexFormat.of().parseHex(text));
      int header = all.getInt();
      Integer[] each = new Integer[tensors];
      for (int i = 0; i < tensors; i++) {
        each[i] = all.getInt();
      }
      FileChecksum read = new FileChecksum(header, List.of(each));
      return Optional.of(read).filter(same -> same.toString().equals(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    ByteBuffer all = ByteBuffer.allocate(Integer.BYTES * (tensors.size() + 1)).putInt(header);
    tensors.forEach(all::putInt);
    return HexFormat.of().formatHex(all.array());
  }
}
