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
    Files.writeString(folder.resolve("run/recipe.yaml"), "stages: [{kind: train}]\n");
    Files.writeString(folder.resolve("run/run.json"), "{\"kind\": \"life\"}");
    Files.createDirectory(folder.resolve("empty"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inspekt | unknown command 'inspekt'; did you mean 'inspect'?",
        "version --jsn | unknown option '--jsn'; did you mean '--json'?",
        "run r.yaml --flder=x | unknown option '--flder'; did you mean '--folder'?",
        "run r.yaml --from=runs/x | unknown option '--from': write --set from=RUN",
        "run r.yaml --run=x | unknown option '--run': write --folder DIR",
        "run --recipe r.yaml | unknown option '--recipe': write its file alone: steelyard run FILE",
        "evaluate --run runs/x | unknown option '--run': write its value alone: steelyard evaluate RUN",
        "attack --model=mlp | unknown option '--model': write its value alone: steelyard attack RUN|MODEL",
        "help rum | there is no command 'rum'; did you mean 'run'?",
        "evaluate run --report no/x.html | --report: there is no folder ",
        "predict run a.png --report no/x.html | --report: there is no folder ",
        "attack run --html no/x.html | --html: there is no folder ",
        "explain run --html . | --html: . is a folder; name a file in it",
        "inspect run --html no/x.html | --html: there is no folder ",
        "export run --format onnx --output no/x.onnx | --output: there is no folder ",
        "train r.yaml | there is no command 'train': a recipe says what it does; steelyard run FILE",
        "life | there is no command 'life': a recipe says what it does; steelyard run FILE",
        "run demo.yaml | one comes with Steelyard: steelyard recipes copy demo",
        "run | missing required parameter: 'FILE'",
        "export run --format onx | there is no 'onx' for --format; did you mean 'onnx'? Valid are: packed, onnx, safetensors",
        "selftest --cases nothing | --cases: there is no folder nothing",
      })
  void givenASlipOnTheCommandLine_whenItIsRun_thenTheNearestChoiceIsNamed(
      String line, String message) {
    assertThat(refused(line.split(" "))).contains(message);
  }

  @ParameterizedTest
  @CsvSource({
    "--version, steelyard ",
    "-v, steelyard ",
    "help, Usage: steelyard ",
    "help run, Usage: steelyard run ",
    "help data show, Usage: steelyard data show "
  })
  void givenTheUsualWaysToAskForHelp_whenTheyAreRun_thenTheyAnswer(String line, String begin) {
    CommandLineRun run = CommandLineRun.of(line.split(" "));

    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith(begin);
  }

  @Test
  void givenAFileThatIsNoRecipe_whenItIsRun_thenTheMessageSaysWhatIsThere() {
    assertThat(refused("run", folder.resolve("mines.yaml").toString()))
        .contains("there is no recipe ", "; did you mean " + folder.resolve("mine.yaml"));
    assertThat(refused("run", folder.resolve("empty").toString()))
        .contains("is a folder; give the file of a recipe");
    assertThat(refused("run", folder.resolve("mine.yaml").toString()))
        .contains("mine.yaml: must be a YAML mapping of keys and values, but is the text 'hello'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluate", "attack", "explain", "extend"})
  void givenAFolderThatIsNoRun_whenACommandTakesIt_thenTheMessageSaysWhatIsThere(String command) {
    assertThat(refused(command, folder.resolve("rn").toString()))
        .contains("there is no run ", "; did you mean " + folder.resolve("run") + "?");
    assertThat(refused(command, folder.resolve("empty").toString()))
        .contains("there is no run in ", "it has no run.json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluate", "attack", "explain", "extend"})
  void givenTheFolderOfALife_whenACommandTakesARun_thenItsStagesAreNamed(String command)
      throws Exception {
    Path stage = Files.createDirectory(folder.resolve("run/1-train"));
    Files.writeString(stage.resolve("run.json"), "{\"kind\": \"training\"}");
    Files.writeString(
        folder.resolve("run/recipe.yaml"),
        """
        model: {name: resnet8}
        data: {name: fashion-mnist}
        stages: [{kind: train, optimizer: {name: sgd}}]
        """);

    assertThat(refused(command, folder.resolve("run").toString()))
        .contains("holds a network's whole life; give the folder of one of its stages: " + stage);
  }

  @Test
  void givenARunOfAnotherKind_whenARecipeIsRunThere_thenBothKindsAreNamed() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("mine.yaml"),
            """
            model: {name: resnet8}
            data: {name: fashion-mnist}
            optimizer: {name: sgd}
            """);

    String run = folder.resolve("run").toString();
    assertThat(refused("run", file.toString(), "--folder", run, "--resume"))
        .contains("is of the kind 'life', but the recipe mine is of the kind 'training'");
    assertThat(refused("run", file.toString(), "--only", "a=b")).contains("are for studies");
  }

  @Test
  void givenAFile_whenACommandNeedsARun_thenTheMessageSaysSo() {
    assertThat(refused("attack", folder.resolve("mine.yaml").toString()))
        .contains("mine.yaml is a file; give the folder of a run");
  }
}
