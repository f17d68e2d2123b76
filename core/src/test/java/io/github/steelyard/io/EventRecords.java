package io.github.steelyard.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Reads event files back, for tests. */
public final class EventRecords {
  private static final int SCALAR = 2;
  private static final int HISTOGRAM = 5;

  private EventRecords() {}

  /** The scalars of a folder's event files, as {@code tag@step=value}. */
  public static List<String> scalars(Path folder) throws IOException {
    List<String> found = new ArrayList<>();
    for (UnknownFieldSet event : all(folder)) {
      if (event.hasField(5) && value(event).hasField(SCALAR)) {
        int bits = value(event).getField(SCALAR).getFixed32List().get(0);
        found.add(tagAndStep(event) + "=" + Float.intBitsToFloat(bits));
      }
    }
    return found;
  }

  /** The histograms of a folder's event files, as {@code tag@step=count}. */
  public static List<String> histograms(Path folder) throws IOException {
    List<String> found = new ArrayList<>();
    for (UnknownFieldSet event : all(folder)) {
      if (event.hasField(5) && value(event).hasField(HISTOGRAM)) {
        UnknownFieldSet histogram = message(value(event).getField(HISTOGRAM));
        long count = (long) Double.longBitsToDouble(histogram.getField(3).getFixed64List().get(0));
        found.add(tagAndStep(event) + "=" + count);
      }
    }
    return found;
  }

  private static List<UnknownFieldSet> all(Path folder) throws IOException {
    List<UnknownFieldSet> events = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        events.addAll(decode(file));
      }
    }
    return events;
  }

  private static String tagAndStep(UnknownFieldSet event) throws IOException {
    return utf8(value(event).getField(1)) + "@" + step(event);
  }

  static List<UnknownFieldSet> decode(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<UnknownFieldSet> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = new byte[8];
      bytes.get(bytes.position(), length);
      byte[] event = new byte[(int) bytes.getLong()];
      assertThat(unmask(bytes.getInt())).isEqualTo(crc(length));
      bytes.get(event);
      assertThat(unmask(bytes.getInt())).isEqualTo(crc(event));
      events.add(UnknownFieldSet.parseFrom(event));
    }
    return events;
  }

  /** TensorFlow's crc32c::Unmask. */
  private static long unmask(int masked) {
    int rotated = masked - 0xa282ead8;
    return Integer.toUnsignedLong((rotated >>> 17) | (rotated << 15));
  }

  private static long crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return crc.getValue();
  }

  static UnknownFieldSet message(Field field) throws IOException {
    return UnknownFieldSet.parseFrom(field.getLengthDelimitedList().get(0));
  }

  static UnknownFieldSet value(UnknownFieldSet event) throws IOException {
    return message(message(event.getField(5)).getField(1));
  }

  static long step(UnknownFieldSet event) {
    return event.getField(2).getVarintList().get(0);
  }

  static String utf8(Field field) {
    return field.getLengthDelimitedList().get(0).toString(UTF_8);
  }
}
