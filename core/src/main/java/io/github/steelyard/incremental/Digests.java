package io.github.steelyard.incremental;

import io.github.steelyard.data.Sample;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Fingerprints of data that is put together of parts. */
final class Digests {
  private Digests() {}

  /** The fingerprint of texts, such as those of the parts. */
  static String of(List<String> parts) {
    return finish(update(start(), String.join("\n", parts)));
  }

  /** The fingerprint of samples that are in memory. */
  static String ofSamples(List<Sample> samples) {
    MessageDigest digest = start();
    for (Sample sample : samples) {
      update(digest, sample.label() + " " + sample.image().shape());
      digest.update(sample.image().pixels());
    }
    return finish(digest);
  }

  private static MessageDigest start() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java platform lacks SHA-256", e);
    }
  }

  private static MessageDigest update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return digest;
  }

  private static String finish(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
