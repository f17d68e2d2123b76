package io.github.steelyard.train;

import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.TensorBoardWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Writes a run's events to {@code metrics.jsonl} and, as curves, for TensorBoard. */
final class RunEvents implements RunLog, AutoCloseable {
  private final Path folder;
  private final FileChannel channel;
  private final TensorBoardWriter board;

  private RunEvents(Path folder, FileChannel channel, TensorBoardWriter board) {
    this.folder = folder;
    this.channel = channel;
    this.board = board;
  }

  /** Opens the log to continue after a step: later lines and a torn last line are removed. */
  static RunEvents open(RunDirectory run, long step) throws IOException {
    Path file = run.metrics();
    if (Files.exists(file)) {
      cutBack(file, step);
    }
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    try {
      return new RunEvents(run.path(), channel, new TensorBoardWriter(run.events(), step + 1));
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
        if (at instanceof Long number && number <= step) {
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
              + "; checkpoints are intact",
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

  @Override
  public void close() throws IOException {
    try (channel) {
      board.close();
    }
  }
}
