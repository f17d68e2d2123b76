package io.github.steelyard.io;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files that ask for more memory than there is; the holes in them take no room on the disk. */
@EnabledOnOs(OS.LINUX)
class SafeTensorsMemoryTest {
  @TempDir Path folder;

  private Path sparse(String header, long headerLength, long dataLength) throws IOException {
    Path file = folder.resolve("large.safetensors");
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] length =
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(headerLength)
              .array();
      content.write(length);
      content.write(header.getBytes(StandardCharsets.UTF_8));
      content.setLength(Long.BYTES + headerLength + dataLength);
    }
    return file;
  }

  @Test
  void givenATensorOfTerabytes_whenItIsRead_thenItIsRefusedBeforeItIsTaken() throws IOException {
    long bytes = 8_000_000_000_000L;
    String header =
        "{\"w\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]}}".formatted(bytes, bytes);
    Path file = sparse(header, header.length(), bytes);

    try (SafeTensorsFile open = SafeTensors.open(file)) {
      for (SafeReading reading : new SafeReading[] {() -> open.read("w"), open::readAll}) {
        assertThatThrownBy(reading::read)
            .isInstanceOf(FileFormatException.class)
            .hasMessageStartingWith(file + ": ")
            .hasMessageMatching(".* takes 7,629,394 MB of memory, but [0-9,]+ MB are free.*");
      }
    }
  }

  private interface SafeReading {
    void read() throws IOException;
  }

  @Test
  void givenAHeaderThatTheHeapCannotHold_whenTheFileIsOpened_thenItIsRefusedWithBothNumbers()
      throws IOException {
    assumeThat(Runtime.getRuntime().maxMemory()).isLessThan(2_500L << 20);
    Path file = sparse("{", 90_000_000, 0);

    assertThatThrownBy(() -> SafeTensors.open(file))
        .isInstanceOf(FileFormatException.class)
        .hasMessageMatching(
            ".*the header of 90000000 bytes takes about 2,746 MB of Java's memory, which may be"
                + " [0-9,]+ MB; give more with -Xmx");
  }
}
