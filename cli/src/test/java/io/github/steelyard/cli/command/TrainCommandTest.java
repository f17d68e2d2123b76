package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [16]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 500, test_samples: 200}
      optimizer: {name: adamp, lr: 0.01}
      train: {epochs: 1, log_every: 2}
      """;

  @TempDir Path folder;

  @Test
  void givenARecipe_whenItIsTrainedAndEvaluated_thenTheRunIsWholeAndBothAgree() throws Exception {
    Path recipe = recipe();
    Path run = folder.resolve("run");

    CommandLineRun train =
        CommandLineRun.of("run", recipe.toString(), "--folder", run.toString(), "--json");
    CommandLineRun evaluate = CommandLineRun.of("evaluate", run.toString(), "--json");

    assertThat(train.code()).as(train.err()).isZero();
    assertThat(evaluate.code()).as(evaluate.err()).isZero();
    JsonNode trained = Json.MAPPER.readTree(train.out());
    JsonNode evaluated = Json.MAPPER.readTree(evaluate.out());
    assertThat(trained.get("steps").asLong()).isEqualTo(10);
    assertThat(evaluated.at("/metrics/accuracy").asDouble())
        .isEqualTo(trained.at("/metrics/accuracy").asDouble());
    assertThat(run)
        .isDirectoryContaining(file -> file.endsWith("recipe.yaml"))
        .isDirectoryContaining(file -> file.endsWith("metrics.jsonl"))
        .isDirectoryContaining(file -> file.endsWith("results.json"))
        .isDirectoryContaining(file -> file.endsWith("report.html"))
        .isDirectoryContaining(file -> file.endsWith("checkpoints"));
    assertThat(Files.readString(run.resolve("recipe.yaml"))).contains("classes: 10", "delta: 0.1");
  }

  @Test
  void givenAFolderWithARun_whenItIsTrainedAgain_thenNothingIsOverwrittenWithoutAWord()
      throws Exception {
    Path recipe = recipe();
    Path run = folder.resolve("run");
    CommandLineRun.of("run", recipe.toString(), "--folder", run.toString());
    String before = Files.readString(run.resolve("metrics.jsonl"));

    CommandLineRun again = CommandLineRun.of("run", recipe.toString(), "--folder", run.toString());
    CommandLineRun other =
        CommandLineRun.of(
            "run",
            recipe.toString(),
            "--folder",
            run.toString(),
            "--resume",
            "--set",
            "optimizer.lr=0.02");

    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("--resume", "--replace", "--folder");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("optimizer.lr is 0.01, not 0.02");
    assertThat(Files.readString(run.resolve("metrics.jsonl"))).isEqualTo(before);
  }

  @Test
  void givenAModelThatDoesNotFitTheData_whenItIsTrained_thenTheCodeIsTwoAndNothingIsWritten()
      throws Exception {
    Path run = folder.resolve("run");

    CommandLineRun result =
        CommandLineRun.of(
            "run", recipe().toString(), "--folder", run.toString(), "--set", "model.classes=7");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("model.classes is 7", "has 10");
    assertThat(run).doesNotExist();
  }

  @Test
  void givenARateThatDiverges_whenItIsTrained_thenTheMessageSaysWhatIsKeptAndNothingOfABug()
      throws Exception {
    CommandLineRun result =
        CommandLineRun.of(
            "run",
            recipe().toString(),
            "--folder",
            folder.resolve("run").toString(),
            "--set",
            "optimizer.lr=1e30");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("error: training diverged at step ")
        .contains("there is no checkpoint from before", "Try a lower learning rate")
        .doesNotContain("bug", "DivergenceException");
  }

  @Test
  void givenTheTerminalsColumns_whenABarIsDrawn_thenItNeverWraps() {
    assertThat(Progress.Bar.width("80")).isEqualTo(79);
    assertThat(Progress.Bar.width("300")).isEqualTo(119);
    assertThat(Progress.Bar.width(null)).isEqualTo(79);
    assertThat(Progress.Bar.width("")).isEqualTo(79);
  }

  @Test
  void givenANarrowTerminal_whenAMessageIsTooLong_thenItsLastPartsGiveWayToTheBar() {
    String message = "epoch 1/30, loss 2.123, accuracy 90.12 %";

    assertThat(Progress.Bar.fitting("vit-mini", message, 70)).isEqualTo("vit-mini " + message);
    assertThat(Progress.Bar.fitting("vit-mini", message, 45)).isEqualTo(message);
    assertThat(Progress.Bar.fitting("vit-mini", message, 27)).isEqualTo("epoch 1/30, loss 2.123");
    assertThat(Progress.Bar.fitting("vit-mini", message, 5)).isEqualTo("epoch");
    assertThat(Progress.Bar.fitting("vit-mini", "", 20)).isEqualTo("vit-mini");
  }

  @Test
  void givenWhatNeedsMore_whenItIsTrained_thenTheCommandOrOptionIsNamed() throws Exception {
    Path recipe = recipe();

    for (String[] arguments :
        new String[][] {
          {"run", recipe.toString(), "--set", "data.name=cifar10"}, {"data", "show", "cifar10"}
        }) {
      CommandLineRun result = CommandLineRun.of(arguments);
      assertThat(result.code()).isEqualTo(2);
      assertThat(result.err()).contains("data_batch_1.bin", "--data DIR");
    }
  }

  @Test
  void givenAProcessThatWasKilledAsItBegan_whenTheRecipeIsRunAgain_thenItRuns() throws Exception {
    Path recipe = recipe();
    Path empty = Files.createDirectories(folder.resolve("empty/checkpoints")).getParent();
    Path begun = Files.createDirectories(folder.resolve("begun/checkpoints")).getParent();
    Files.copy(recipe, begun.resolve("recipe.yaml"));
    Path other = Files.createDirectories(folder.resolve("other"));
    Files.copy(recipe, other.resolve("recipe.yaml"));
    Files.writeString(other.resolve("results.json"), "{}");

    for (Path run : List.of(empty, begun)) {
      CommandLineRun result =
          CommandLineRun.of("run", recipe.toString(), "--folder", run.toString());
      assertThat(result.code()).as(result.err()).isZero();
    }
    CommandLineRun refused =
        CommandLineRun.of("run", recipe.toString(), "--folder", other.toString());
    assertThat(refused.code()).isNotZero();
    assertThat(refused.err()).contains("already holds a run");
  }

  @Test
  void givenAMissingRecipeOrRun_whenItIsUsed_thenTheCodeIsTwo() {
    assertThat(CommandLineRun.of("run", "nothing.yaml").code()).isEqualTo(2);
    assertThat(CommandLineRun.of("evaluate", folder.resolve("none").toString()).code())
        .isEqualTo(2);
  }

  private Path recipe() throws Exception {
    Path file = folder.resolve("small.yaml");
    Files.writeString(file, RECIPE);
    return file;
  }
}
