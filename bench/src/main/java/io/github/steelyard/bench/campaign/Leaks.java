package io.github.steelyard.bench.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Watches this process's resident memory, open descriptors and threads, as Linux tells them. */
final class Leaks {
  private static final long MOST_MIB = 64;
  private static final long MOST_DESCRIPTORS = 4;
  private static final long MOST_THREADS = 4;

  private final int warmUp;
  private int judged;
  private Use first;

  /** What a process holds. */
  private record Use(long mib, long descriptors, long threads) {
    static Use now() throws IOException {
      try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
        return new Use(status("VmRSS") / 1024, open.count(), status("Threads"));
      }
    }

    private static long status(String name) throws IOException {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith(name + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }

  /**
   * Watches.
   *
   * @param warmUp how many cases may still load and compile what later ones use
   */
  Leaks(int warmUp) {
    this.warmUp = warmUp;
  }

  /** Judges what is held after a case. */
  Verdict judge(String kind, long blows) throws IOException {
    if (!Files.exists(Path.of("/proc/self/fd"))) {
      return Verdict.skipped(kind, "memory and descriptors are read from /proc");
    }
    Use now = Use.now();
    if (++judged <= warmUp) {
      first = now;
    }
    boolean grown =
        now.mib > first.mib + MOST_MIB
            || now.descriptors > first.descriptors + MOST_DESCRIPTORS
            || now.threads > first.threads + MOST_THREADS;
    return grown
        ? Verdict.failed(kind, blows, "grew from %s to %s".formatted(first, now))
        : Verdict.survived(kind, blows);
  }
}
