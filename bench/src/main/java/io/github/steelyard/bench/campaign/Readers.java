package io.github.steelyard.bench.campaign;

import com.sun.management.ThreadMXBean;
import io.github.steelyard.cli.console.Reason;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Damaged files for every reader. A reader gives what a file holds or refuses it with an exception
 * that is written for people and names the file, or the folder of many, in bounded time and memory.
 * An error, an exception that would be called a bug, or damage believed in spite of a checksum is a
 * failure.
 */
final class Readers implements Part {
  private static final long MOST_SECONDS = 10;
  private static final long MOST_BYTES = 300_000_000;

  private final Path folder;
  private final long seed;
  private final List<Reader> readers;
  private final Set<Object> known = new HashSet<>();
  private final ThreadMXBean thread =
      (ThreadMXBean) ManagementFactory.getThreadMXBean(); // HotSpot's, which counts bytes.

  Readers(Path folder, long seed, List<Reader> readers) throws Exception {
    this.folder = Files.createDirectories(folder);
    this.seed = seed;
    this.readers = readers;
    for (Reader reader : readers) {
      Path file = folder.resolve(reader.file());
      for (byte[] valid : reader.valid()) {
        Files.write(file, valid);
        known.add(reader.reading().read(file));
      }
    }
  }

  @Override
  public Verdict judge(long number) throws IOException {
    Reader reader = readers.get((int) (number % readers.size()));
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    Path file = folder.resolve(reader.file());
    Files.write(file, Damage.of(reader.valid(), random));
    long bytes = thread.getCurrentThreadAllocatedBytes();
    long nanos = thread.getCurrentThreadCpuTime();
    Verdict verdict = judge(reader, file);
    bytes = thread.getCurrentThreadAllocatedBytes() - bytes;
    nanos = thread.getCurrentThreadCpuTime() - nanos;
    if (bytes > MOST_BYTES || nanos > MOST_SECONDS * 1_000_000_000L) {
      return Verdict.failed(
          reader.name(), 1, "took %d MB and %d ms".formatted(bytes / 1_000_000, nanos / 1_000_000));
    }
    return verdict;
  }

  private Verdict judge(Reader reader, Path file) {
    Object held;
    try {
      held = reader.reading().read(file);
    } catch (Exception e) {
      if (!Reason.isExpected(e)) {
        return Verdict.failed(reader.name(), 1, "would be called a bug: " + trace(e));
      }
      String message = String.valueOf(e.getMessage());
      boolean named =
          message.contains(file.getFileName().toString())
              || (!file.getParent().equals(folder) && message.contains("" + file.getParent()));
      return named
          ? Verdict.refused(reader.name())
          : Verdict.failed(reader.name(), 1, "does not name the file: " + trace(e));
    } catch (Error e) {
      return Verdict.failed(reader.name(), 1, trace(e));
    }
    return reader.checked() && !known.contains(held)
        ? Verdict.failed(reader.name(), 1, "believed damage in spite of its checksum")
        : Verdict.survived(reader.name(), 1);
  }

  private static String trace(Throwable e) {
    StringBuilder text = new StringBuilder(e.toString());
    for (int i = 0; i < Math.min(4, e.getStackTrace().length); i++) {
      text.append(" < ").append(e.getStackTrace()[i]);
    }
    return text.toString();
  }
}
