package io.github.steelyard.testing;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Damaged copies of valid files for tests of readers. The same seed gives the same copies, so that
 * a failure names one and can be repeated.
 */
public final class MutatedFiles {
  private static final byte[] INTERESTING = {0, 1, 0x7F, (byte) 0x80, (byte) 0xFF, '"', '{', '['};

  private MutatedFiles() {}

  /**
   * One damaged copy.
   *
   * @param valid the bytes of a valid file
   * @param seed which copy
   * @return bytes that differ from the valid ones in one to four places or in length
   */
  public static byte[] mutate(byte[] valid, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] bytes = valid.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      bytes = change(bytes, random);
    }
    return bytes;
  }

  private static byte[] change(byte[] bytes, SplittableRandom random) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt(256)};
    }
    int at = position(bytes, random);
    switch (random.nextInt(8)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes[at] = INTERESTING[random.nextInt(INTERESTING.length)];
      case 3 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 4 -> {
        return remove(bytes, at, 1 + random.nextInt(16));
      }
      case 5 -> {
        return repeat(bytes, at, 1 + random.nextInt(64));
      }
      case 6 -> overwriteInteger(bytes, at, random);
      default -> {
        byte[] noise = new byte[1 + random.nextInt(8)];
        for (int i = 0; i < noise.length; i++) {
          noise[i] = (byte) random.nextInt(256);
        }
        return insert(bytes, at, noise);
      }
    }
    return bytes;
  }

  /** Half of the changes fall into the first 64 bytes, where formats keep lengths and counts. */
  private static int position(byte[] bytes, SplittableRandom random) {
    return random.nextInt(random.nextBoolean() ? Math.min(64, bytes.length) : bytes.length);
  }

  private static void overwriteInteger(byte[] bytes, int at, SplittableRandom random) {
    long[] hostile = {
      0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32
    };
    long value = hostile[random.nextInt(hostile.length)];
    int size = 1 << random.nextInt(4);
    boolean bigEndian = random.nextBoolean();
    for (int i = 0; i < size && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> (8 * (bigEndian ? size - 1 - i : i)));
    }
  }

  private static byte[] remove(byte[] bytes, int at, int count) {
    int end = Math.min(bytes.length, at + count);
    byte[] result = Arrays.copyOf(bytes, bytes.length - (end - at));
    System.arraycopy(bytes, end, result, at, bytes.length - end);
    return result;
  }

  private static byte[] repeat(byte[] bytes, int at, int count) {
    return insert(bytes, at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + count)));
  }

  private static byte[] insert(byte[] bytes, int at, byte[] added) {
    byte[] result = Arrays.copyOf(bytes, bytes.length + added.length);
    System.arraycopy(added, 0, result, at, added.length);
    System.arraycopy(bytes, at, result, at + added.length, bytes.length - at);
    return result;
  }
}
