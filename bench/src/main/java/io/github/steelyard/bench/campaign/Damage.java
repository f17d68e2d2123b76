package io.github.steelyard.bench.campaign;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damaged copies of valid files, as disks, transfers and hostile hands make them. */
final class Damage {
  private static final byte[] INTERESTING = {0, 1, 0x7F, (byte) 0x80, (byte) 0xFF, '"', '{', '['};
  private static final long[] HOSTILE = {
    0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32
  };
  private static final int HEAD = 64;
  private static final int HEADER = 4096;
  private static final List<String> TOKENS =
      List.of(
          "null", "-1", "1e999", "99999999999999999999", "[]", "{}", "\"\"", "\\u0000", "../..");

  private Damage() {}

  /**
   * One damaged copy.
   *
   * @param valid files of the format, not changed
   * @param random decides which of them, and how it is damaged
   * @return it differs from all valid ones in a few places, or in length
   */
  static byte[] of(List<byte[]> valid, SplittableRandom random) {
    byte[] original = valid.get(random.nextInt(valid.size()));
    byte[] bytes = original.clone();
    for (int left = 1 + random.nextInt(4); left > 0 || Arrays.equals(bytes, original); left--) {
      bytes = bytes.length == 0 ? new byte[] {(byte) random.nextInt(256)} : once(bytes, random);
      if (random.nextInt(40) == 0) {
        bytes = spliced(bytes, valid.get(random.nextInt(valid.size())), random);
      }
    }
    return bytes;
  }

  private static byte[] once(byte[] bytes, SplittableRandom random) {
    int at = position(bytes.length, random);
    int some = Math.min(1 + random.nextInt(64), bytes.length - at);
    switch (random.nextInt(10)) {
      case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bytes[at] = (byte) random.nextInt(256);
      case 3 -> bytes[at] = INTERESTING[random.nextInt(INTERESTING.length)];
      case 4 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 5 -> {
        return joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + some, bytes.length));
      }
      case 6 -> {
        return inserted(bytes, at, Arrays.copyOfRange(bytes, at, at + some));
      }
      case 7 -> overwriteInteger(bytes, at, random);
      case 8 -> Arrays.fill(bytes, at, bytes.length - random.nextInt(some), (byte) 0);
      default -> {
        return inserted(bytes, at, Samples.text(TOKENS.get(random.nextInt(TOKENS.size()))));
      }
    }
    return bytes;
  }

  /** A third each in the first bytes, in what a header may be, and anywhere. */
  private static int position(int length, SplittableRandom random) {
    int[] ends = {HEAD, HEADER, length};
    return random.nextInt(Math.min(length, ends[random.nextInt(ends.length)]));
  }

  private static void overwriteInteger(byte[] bytes, int at, SplittableRandom random) {
    long value = HOSTILE[random.nextInt(HOSTILE.length)];
    int size = 1 << random.nextInt(4);
    boolean bigEndian = random.nextBoolean();
    for (int i = 0; i < size && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> (8 * (bigEndian ? size - 1 - i : i)));
    }
  }

  private static byte[] spliced(byte[] bytes, byte[] other, SplittableRandom random) {
    int cut = random.nextInt(bytes.length + 1);
    int from = random.nextInt(other.length + 1);
    return joined(Arrays.copyOf(bytes, cut), Arrays.copyOfRange(other, from, other.length));
  }

  private static byte[] inserted(byte[] bytes, int at, byte[] added) {
    return joined(
        joined(Arrays.copyOf(bytes, at), added), Arrays.copyOfRange(bytes, at, bytes.length));
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] result = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, result, first.length, second.length);
    return result;
  }
}
