package io.github.steelyard.runtime;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Digests of texts that ranks compare. */
final class Digest {
  private static final int NUMBERS = 8;

  private Digest() {}

  /** The SHA-256 of a text as eight whole numbers of 32 bits. */
  static double[] of(String text) {
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
      double[] numbers = new double[NUMBERS];
      for (int i = 0; i < NUMBERS; i++) {
        numbers[i] = bytes.getInt();
      }
      return numbers;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The first line in which two texts differ. */
  static String difference(String own, String leaders) {
    String[] a = own.split("\n", -1);
    String[] b = leaders.split("\n", -1);
    for (int i = 0; i < Math.max(a.length, b.length); i++) {
      String here = i < a.length ? a[i].strip() : "nothing";
      String there = i < b.length ? b[i].strip() : "nothing";
      if (!here.equals(there)) {
        return "'" + here + "' instead of '" + there + "' in line " + (i + 1);
      }
    }
    return "white space";
  }
}
