package io.github.steelyard.bench;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.Split;
import io.github.steelyard.data.Subset;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Makes the built-in part of Fashion-MNIST from the full set and prints the hashes for its
 * provenance note:
 *
 * <pre>{@code
 * mvn -q -pl bench -am compile exec:java \
 *   -Dexec.mainClass=io.github.steelyard.bench.FashionMnistSubset \
 *   -Dexec.args="FULL_FOLDER core/src/main/resources/io/github/steelyard/data/fashion-mnist"
 * }</pre>
 */
public final class FashionMnistSubset {
  private static final long SEED = 20170825; // the day the paper appeared
  private static final int TRAINING_IMAGES = 12_000;
  private static final int TEST_IMAGES = 2_000;

  private FashionMnistSubset() {}

  /**
   * Writes the four files.
   *
   * @param arguments the folder of the full set, and the folder to write to
   * @throws IOException if a file cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    Path from = Path.of(arguments[0]);
    Path to = Files.createDirectories(Path.of(arguments[1]));
    for (Split split : Split.values()) {
      String stem = split == Split.TRAIN ? "train" : "t10k";
      Dataset full = Datasets.get("fashion-mnist-full").open(split, from);
      Dataset part =
          Subset.stratified(full, split == Split.TRAIN ? TRAINING_IMAGES : TEST_IMAGES, SEED);
      ByteArrayOutputStream images = header(3, part.size(), 28, 28);
      ByteArrayOutputStream labels = header(1, part.size());
      for (int i = 0; i < part.size(); i++) {
        images.write(part.sample(i).image().pixels());
        labels.write(part.label(i));
      }
      write(from, to, stem + "-images-idx3-ubyte.gz", images.toByteArray());
      write(from, to, stem + "-labels-idx1-ubyte.gz", labels.toByteArray());
    }
  }

  private static ByteArrayOutputStream header(int rank, int... dimensions) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0x0800 | rank);
    for (int dimension : dimensions) {
      out.writeInt(dimension);
    }
    return bytes;
  }

  private static void write(Path from, Path to, String name, byte[] content) throws IOException {
    try (GZIPOutputStream out =
        new GZIPOutputStream(Files.newOutputStream(to.resolve(name))) {
          {
            def.setLevel(9);
          }
        }) {
      out.write(content);
    }
    try (InputStream source = new GZIPInputStream(Files.newInputStream(from.resolve(name)))) {
      System.out.printf(
          "%s%n  source, as given        %s%n  source, unpacked       %s%n  subset, unpacked       %s%n",
          name,
          sha256(Files.readAllBytes(from.resolve(name))),
          sha256(source.readAllBytes()),
          sha256(content));
    }
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
