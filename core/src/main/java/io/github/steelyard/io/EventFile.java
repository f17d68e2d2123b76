package io.github.steelyard.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * A file of records in TensorFlow's framing: the length as eight bytes, little-endian, its
 * checksum, the record, its checksum. No library on Maven Central writes this framing without
 * TensorFlow's native code.
 */
final class EventFile implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile(".*tfevents\\.(\\d{1,10})\\..*");
  private static final String EVENTS = "*tfevents*";
  private static final int BUFFER = 1 << 16;

  private final Path file;
  private final FileChannel channel;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

  private EventFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Creates a file that TensorBoard reads after all others of the folder: it goes by the order of
   * their names.
   */
  static EventFile create(Path folder) throws IOException {
    long seconds = Math.max(Instant.now().getEpochSecond(), latest(folder) + 1);
    while (true) {
      Path file = folder.resolve("events.out.tfevents.%010d.steelyard".formatted(seconds));
      try {
        return new EventFile(
            file, FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
      } catch (FileAlreadyExistsException e) {
        seconds++; // another process was faster
      }
    }
  }

  /** Removes the files of writers that were killed before their first record; tells how many. */
  static int removeEmpty(Path folder) throws IOException {
    int removed = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, EVENTS)) {
      for (Path file : files) {
        if (Files.isRegularFile(file) && Files.size(file) == 0) {
          Files.delete(file);
          removed++;
        }
      }
    }
    return removed;
  }

  private static long latest(Path folder) throws IOException {
    long latest = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, EVENTS)) {
      for (Path file : files) {
        Matcher matcher = NAME.matcher(file.getFileName().toString());
        if (matcher.matches()) {
          latest = Math.max(latest, Long.parseLong(matcher.group(1)));
        }
      }
    }
    return latest;
  }

  Path path() {
    return file;
  }

  void write(byte[] event) throws IOException {
    if (!channel.isOpen()) {
      throw new IllegalStateException("the writer of " + file + " is closed");
    }
    byte[] length =
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(event.length)
            .array();
    pending.writeBytes(length);
    pending.writeBytes(checksum(length));
    pending.writeBytes(event);
    pending.writeBytes(checksum(event));
    if (pending.size() >= BUFFER) {
      flush();
    }
  }

  /** TensorFlow rotates and shifts CRC-32C so that records which hold checksums stay safe. */
  private static byte[] checksum(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    int masked = Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(masked).array();
  }

  /**
   * Whole records only: after a full disk the file ends with the last record that fitted before.
   */
  void flush() throws IOException {
    long before = channel.position();
    ByteBuffer bytes = ByteBuffer.wrap(pending.toByteArray());
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      pending.reset();
      if (channel.isOpen()) {
        channel.truncate(before);
      }
      throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
    }
    pending.reset();
  }

  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      try (channel) {
        flush();
      }
    }
  }
}
