package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LaunchTest {
  @TempDir Path folder;
  private Path recipe;

  @BeforeEach
  void writeRecipe() throws IOException {
    recipe =
        Files.writeString(
            folder.resolve("small.yaml"),
            """
            model: {name: mlp, hidden: [8]}
            data: {name: fashion-mnist, batch_size: 16, train_samples: 32, test_samples: 20, workers: 0}
            optimizer: {name: adamp}
            train: {epochs: 1, checkpoint_every_steps: 1}
            distributed: {deterministic: true, shards: 2}
            """);
  }

  private CommandLineRun launch(int processes, Path run) {
    return CommandLineRun.of(
        "launch",
        "--processes",
        Integer.toString(processes),
        "--threads",
        "1",
        "run",
        recipe.toString(),
        "--folder",
        run.toString());
  }

  private static JsonNode results(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("results.json").toFile());
  }

  @Test
  void givenARecipe_whenTwoProcessesAreLaunched_thenOneRunIsLeftAndItsBitsAreThoseOfOneProcess()
      throws IOException {
    CommandLineRun two = launch(2, folder.resolve("two"));
    CommandLineRun one = launch(1, folder.resolve("one"));

    assertThat(two.code()).as(two.err()).isZero();
    assertThat(one.code()).as(one.err()).isZero();
    assertThat(two.out()).contains("run: " + folder.resolve("two")).doesNotContain("[0]", "[1]");
    assertThat(results(folder.resolve("two")).get("metrics"))
        .isEqualTo(results(folder.resolve("one")).get("metrics"));
    assertThat(results(folder.resolve("two")).get("loss"))
        .isEqualTo(results(folder.resolve("one")).get("loss"));
  }

  @Test
  void givenAMistakeInTheRecipe_whenTwoProcessesAreLaunched_thenEachSaysItAndNoFolderIsLeft()
      throws IOException {
    Files.writeString(recipe, Files.readString(recipe).replace("shards: 2", "shards: 3"));

    CommandLineRun run = launch(2, folder.resolve("two"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("shards must be a power of two");
    assertThat(folder.resolve("two")).doesNotExist();
  }

  @Test
  void givenAnotherCommand_whenItIsLaunched_thenItIsRefused() {
    CommandLineRun run = CommandLineRun.of("launch", "--processes", "2", "inspect", "runs/x");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains("'inspect' cannot be launched; these can: run, extend, evaluate");
  }
}
