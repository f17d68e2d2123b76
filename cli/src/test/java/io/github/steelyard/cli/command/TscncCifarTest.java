package io.github.steelyard.cli.command;

import static io.github.steelyard.cli.CommandLineRun.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The recipes at the paper's scale, on a folder of the data sets' format and a thinner network. */
@Tag("once")
class TscncCifarTest {
  private static final int PIXELS = 3072;

  @TempDir Path folder;

  /** A file of records with labels that go round. */
  private void records(String name, int count, int labels, int classes) throws IOException {
    byte[] all = new byte[count * (labels + PIXELS)];
    new Random(count).nextBytes(all);
    for (int i = 0; i < count; i++) {
      int at = i * (labels + PIXELS);
      all[at] = 0; // CIFAR-100's coarse label, which is followed by the fine one
      all[at + labels - 1] = (byte) (i % classes);
    }
    Files.write(folder.resolve(name), all);
  }

  @ParameterizedTest
  @CsvSource({"10", "100"})
  void givenAFolderOfTheDataSetsFormat_whenBothRecipesRun_thenTheNetworkIsTrainedAndPruned(
      int classes) throws IOException {
    if (classes == 10) {
      for (int batch = 1; batch <= 5; batch++) {
        records("data_batch_" + batch + ".bin", 20, 1, classes);
      }
      records("test_batch.bin", 20, 1, classes);
    } else {
      records("train.bin", 100, 2, classes);
      records("test.bin", 100, 2, classes);
    }

    JsonNode trained = run("tscnc-cifar" + classes, "train.epochs=1");
    JsonNode pruned =
        run("tscnc-scores-cifar" + classes, "from=" + folder.resolve("tscnc-cifar" + classes));

    assertThat(trained.at("/gates/layers").size()).isPositive();
    assertThat(trained.at("/penalties/tsc").asDouble()).isPositive();
    assertThat(pruned.at("/pruning/sparsity").asDouble()).isBetween(0.89, 0.91);
  }

  private JsonNode run(String recipe, String change) throws IOException {
    return json(
        "run",
        "../recipes/" + recipe + ".yaml",
        "--quick",
        "--json",
        "--data",
        folder.toString(),
        "--folder",
        folder.resolve(recipe).toString(),
        "--set",
        "model.depth=10",
        "--set",
        "model.width=1",
        "--set",
        "data.train_samples=0",
        "--set",
        "data.test_samples=0",
        "--set",
        change);
  }
}
