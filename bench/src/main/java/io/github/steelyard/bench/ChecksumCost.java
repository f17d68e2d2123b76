package io.github.steelyard.bench;

import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * What it costs to compare the checksums of a file of weights: reading all of its tensors, and
 * loading them into a model, with the checksums and without. The file without is the same one with
 * another name for them, so that they are passed over. Argument: a model's name.
 */
public final class ChecksumCost {
  private static final int ROUNDS = 31;

  private ChecksumCost() {}

  /**
   * Measures and prints medians.
   *
   * @param arguments a model's name; {@code resnet50} by default
   * @throws IOException if files cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    String name = arguments.length == 0 ? "resnet50" : arguments[0];
    Module model = Models.create(name, ModelOptions.none());
    Path folder = Files.createTempDirectory("checksum-cost");
    Path with = folder.resolve("with.safetensors");
    Path without = folder.resolve("without.safetensors");
    try {
      ModelFile.save(with, model);
      byte[] bytes = Files.readAllBytes(with);
      byte[] key = "steelyard.checksums".getBytes(StandardCharsets.UTF_8);
      int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("steelyard.checksums");
      System.arraycopy(
          "unheeded_.checksums".getBytes(StandardCharsets.UTF_8), 0, bytes, at, key.length);
      Files.write(without, bytes);
      byte[] own = Files.readAllBytes(with); // again, so that both lie alike in the page cache
      Files.write(with, own);
      double megabytes = Files.size(with) / 1e6;
      print(name, megabytes, "read all tensors", () -> read(with), () -> read(without));
      print(
          name,
          megabytes,
          "load into the model",
          () -> ModelFile.loadStrict(with, model),
          () -> ModelFile.loadStrict(without, model));
    } finally {
      Files.deleteIfExists(with);
      Files.deleteIfExists(without);
      Files.delete(folder);
    }
  }

  private interface Reading {
    void run() throws IOException;
  }

  private static void read(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      Scope.run(open::readAll);
    }
  }

  private static void print(
      String name, double megabytes, String what, Reading with, Reading without)
      throws IOException {
    double[] compared = new double[ROUNDS];
    double[] plain = new double[ROUNDS];
    for (int round = -5; round < ROUNDS; round++) {
      double first = seconds(round % 2 == 0 ? with : without);
      double second = seconds(round % 2 == 0 ? without : with);
      if (round >= 0) {
        compared[round] = round % 2 == 0 ? first : second;
        plain[round] = round % 2 == 0 ? second : first;
      }
    }
    Arrays.sort(compared);
    Arrays.sort(plain);
    double a = compared[ROUNDS / 2];
    double b = plain[ROUNDS / 2];
    System.out.printf(
        Locale.ROOT,
        "%s, %.0f MB, %s: %.1f ms with checksums, %.1f ms without, %+.1f %%%n",
        name,
        megabytes,
        what,
        1e3 * a,
        1e3 * b,
        100 * (a / b - 1));
  }

  private static double seconds(Reading reading) throws IOException {
    long begin = System.nanoTime();
    reading.run();
    return (System.nanoTime() - begin) / 1e9;
  }
}
