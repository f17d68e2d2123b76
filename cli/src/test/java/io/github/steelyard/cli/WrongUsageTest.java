package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person reads who wrote a command line that cannot be right. */
class WrongUsageTest {
  @TempDir Path folder;

  @BeforeEach
  void write() throws Exception {
    Files.writeString(folder.resolve("mine.yaml"), "hello\n");
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(folder.resolve("run/recipe.yaml"), "optimizer: {name: sgd}\n");
    Files.createDirectory(folder.resolve("empty"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inspekt | unknown command 'inspekt'; did you mean 'inspect'?",
        "version --jsn | unknown option '--jsn'; did you mean '--json'?",
        "train --rnu=folder | unknown option '--rnu'; did you mean '--run'?",
        "train | missing required parameter: 'RECIPE'",
        "export run --format onx | there is no 'onx' for --format; did you mean 'onnx'? Valid are: packed, onnx, safetensors",
        "selftest --cases nothing | --cases: there is no folder nothing",
      })
  void givenASlipOnTheCommandLine_whenItIsRun_thenTheNearestChoiceIsNamed(
      String line, String message) {
    assertThat(refused(line.split(" "))).contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "life", "quantize", "prune", "incremental", "study"})
  void givenAFileThatIsNoRecipe_whenACommandTakesIt_thenTheMessageSaysWhatIsThere(String command) {
    String kind = command.equals("study") ? "study" : "recipe";

    assertThat(refused(command, folder.resolve("mines.yaml").toString()))
        .contains("there is no " + kind + " ", "; did you mean " + folder.resolve("mine.yaml"));
    assertThat(refused(command, folder.resolve("empty").toString()))
        .contains("is a folder; give the file of a " + kind);
    assertThat(refused(command, folder.resolve("mine.yaml").toString()))
        .contains("mine.yaml: must be a YAML mapping of keys and values, but is the text 'hello'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluate", "attack", "explain", "extend"})
  void givenAFolderThatIsNoRun_whenACommandTakesIt_thenTheMessageSaysWhatIsThere(String command) {
    assertThat(refused(command, folder.resolve("rn").toString()))
        .contains("there is no run ", "; did you mean " + folder.resolve("run") + "?");
    assertThat(refused(command, folder.resolve("empty").toString()))
        .contains("there is no run in ", "it has no recipe.yaml");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluate", "attack", "explain", "extend"})
  void givenTheFolderOfALife_whenACommandTakesARun_thenItsStagesAreNamed(String command)
      throws Exception {
    Path stage = Files.createDirectory(folder.resolve("run/1-train"));
    Files.writeString(stage.resolve("recipe.yaml"), "optimizer: {name: sgd}\n");

    assertThat(refused(command, folder.resolve("run").toString()))
        .contains("holds a network's whole life; give the folder of one of its stages: " + stage);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train | stages: [{kind: train}] | run it with steelyard life",
        "train | axes: {variant: {none: {}}} | this is a study; run it with steelyard study",
        "life | optimizer: {name: sgd} | the recipe of one run is for steelyard train",
        "study | model: {name: mlp} | this is a recipe, not a study: it has no key 'axes'",
      })
  void givenAFileForAnotherCommand_whenItIsRun_thenThatCommandIsNamed(
      String command, String content, String message) throws Exception {
    Path file = Files.writeString(folder.resolve("mine.yaml"), content + "\n");

    assertThat(refused(command, file.toString())).contains(message);
  }

  @Test
  void givenAFile_whenACommandNeedsARun_thenTheMessageSaysSo() {
    assertThat(refused("attack", folder.resolve("mine.yaml").toString()))
        .contains("mine.yaml is a file; give the folder of a run");
  }
}
