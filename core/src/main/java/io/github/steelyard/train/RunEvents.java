package io.github.steelyard.train;

import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.TensorBoardWriter;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import org.bytedeco.pytorch.Tensor;

/** Writes a run's events to {@code metrics.jsonl} and, as curves, for TensorBoard. */
final class RunEvents implements RunLog, AutoCloseable {
  private final Path folder;
  private final FileChannel channel;
  private final TensorBoardWriter board;
  private final CRC32C written;
  private long length;

  private RunEvents(
      Path folder, FileChannel channel, TensorBoardWriter board, CRC32C written, long length) {
    this.folder = folder;
    this.channel = channel;
    this.board = board;
    this.written = written;
    this.length = length;
  }

  /**
   * How much of the log a checkpoint has behind it.
   *
   * @param bytes its length
   * @param checksum its CRC-32C
   */
  record Mark(long bytes, long checksum) {
    /**
     * Whether a log begins with what this one was; what follows comes from after the checkpoint.
     */
    boolean isIn(Path file) throws IOException {
      return Files.size(file) >= bytes && of(file, bytes).equals(this);
    }

    private static Mark of(Path file, long bytes) throws IOException {
      CRC32C checksum = new CRC32C();
      try (InputStream in =
          new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file)), checksum)) {
        in.skipNBytes(bytes);
      }
      return new Mark(bytes, checksum.getValue());
    }
  }

  /**
   * Opens the log to continue after a step. What came after the checkpoint is removed: by its mark,
   * or without one by the steps of the lines, and with them a torn last line. A run that starts at
   * its beginning writes also the lines of step 0 again, so nothing of them stays.
   */
  static RunEvents open(RunDirectory run, long step, Optional<Mark> mark) throws IOException {
    Path file = run.metrics();
    if (Files.exists(file)) {
      if (mark.isPresent()) {
        try (FileChannel log = FileChannel.open(file, StandardOpenOption.WRITE)) {
          log.truncate(mark.get().bytes());
        }
      } else {
        cutBack(file, step);
      }
    }
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    try {
      CRC32C written = new CRC32C();
      written.update(Files.readAllBytes(file));
      return new RunEvents(
          run.path(),
          channel,
          new TensorBoardWriter(run.events(), step + 1),
          written,
          channel.size());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static void cutBack(Path file, long step) throws IOException {
    StringBuilder kept = new StringBuilder();
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    for (String line : text.lines().toList()) {
      try {
        Object at = Json.read(file, "a line", line).get("step");
        if (step > 0 && at instanceof Long number && number <= step) {
          kept.append(line).append('\n');
        }
      } catch (FileFormatException e) {
        break; // Torn by a kill; nothing valid can follow.
      }
    }
    AtomicFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void write(String event, long step, int epoch, Map<String, ?> values) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", event);
    line.put("step", step);
    line.put("epoch", epoch + 1);
    line.putAll(Json.strict(values));
    ByteBuffer bytes = ByteBuffer.wrap((Json.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
    guarded(
        step,
        () -> {
          written.update(bytes.duplicate());
          length += bytes.remaining();
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
          draw(event, Json.plain(values), step);
          board.flush();
        });
  }

  @Override
  public void histogram(String tag, long step, Tensor values) {
    guarded(step, () -> board.histogram(tag, values, step));
  }

  /** What may fail on a full disk. */
  private interface Writing {
    void run() throws IOException;
  }

  private void guarded(long step, Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "training stopped after step "
              + step
              + " because its log in "
              + folder
              + " cannot be written: "
              + e.getMessage()
              + "; checkpoints from before, if any, are intact",
          e);
    }
  }

  private void draw(String tag, Object value, long step) throws IOException {
    if (value instanceof Number number) {
      board.scalar(tag, number.doubleValue(), step);
    } else if (value instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        draw(tag + "/" + entry.getKey(), entry.getValue(), step);
      }
    }
  }

  /** Makes sure that lines are on the disk before the checkpoint that they lead up to. */
  void sync() throws IOException {
    channel.force(false);
  }

  /** How much there is now. */
  Mark mark() {
    return new Mark(length, written.getValue());
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      board.close();
    }
  }
}
