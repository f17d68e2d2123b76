package io.github.steelyard.runtime;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory that a file or a recipe asks for, compared with what there is before it is taken. Where
 * more is taken than a machine has, an operating system ends the process without a word, or others.
 */
public final class Memory {
  /** Less needs no question: the answer would take longer than the memory. */
  private static final long SMALL = 64L << 20;

  private static final Path LINUX = Path.of("/proc/meminfo");
  private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");

  private Memory() {}

  /**
   * Refuses what this machine's memory cannot hold.
   *
   * @param bytes that will be taken outside of Java's heap, at least 0
   * @param what needs them, such as {@code the weight [10, 784]}
   * @throws IllegalArgumentException if fewer are free; the message names both numbers
   */
  public static void require(long bytes, String what) {
    if (bytes < SMALL) {
      return;
    }
    long free = free();
    if (bytes > free) {
      throw new IllegalArgumentException(
          what
              + " takes "
              + megabytes(bytes)
              + " of memory, but "
              + megabytes(free)
              + " are free on this machine");
    }
  }

  /**
   * Refuses what Java's heap cannot hold.
   *
   * @param bytes that will be taken of Java's heap, at least 0
   * @param what needs them
   * @throws IllegalArgumentException if the heap may not become that large; the message names both
   *     numbers
   */
  public static void requireHeap(long bytes, String what) {
    long most = Runtime.getRuntime().maxMemory();
    if (bytes > most) {
      throw new IllegalArgumentException(
          what
              + " takes about "
              + megabytes(bytes)
              + " of Java's memory, which may be "
              + megabytes(most)
              + "; give more with -Xmx");
    }
  }

  /**
   * The bytes of a tensor that is not there yet.
   *
   * @param elementSize bytes of an element
   * @param shape sizes, at least 0
   * @return the product, or the largest number if it is larger
   */
  public static long bytes(long elementSize, long... shape) {
    long bytes = elementSize;
    boolean overflows = false;
    for (long size : shape) {
      if (size == 0) {
        return 0;
      }
      overflows |= bytes > Long.MAX_VALUE / size;
      bytes = overflows ? Long.MAX_VALUE : bytes * size;
    }
    return bytes;
  }

  /** What the system can give without swapping, in bytes; all there is where it does not say. */
  private static long free() {
    long all =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    if (!Files.isReadable(LINUX)) {
      return all;
    }
    try {
      Matcher available = AVAILABLE.matcher(Files.readString(LINUX));
      return available.find() ? Math.min(all, Long.parseLong(available.group(1)) << 10) : all;
    } catch (IOException e) {
      return all;
    }
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MB", bytes >> 20);
  }
}
