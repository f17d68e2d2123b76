package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CommandsTest {
  @TempDir Path folder;

  static Stream<List<String>> commands() {
    List<List<String>> all = new ArrayList<>();
    collect(
        Main.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter())),
        List.of(),
        all);
    return all.stream();
  }

  private static void collect(CommandLine command, List<String> path, List<List<String>> into) {
    into.add(path);
    command
        .getSubcommands()
        .forEach(
            (name, below) -> {
              List<String> longer = new ArrayList<>(path);
              longer.add(name);
              collect(below, longer, into);
            });
  }

  @ParameterizedTest
  @MethodSource("commands")
  void givenAnyCommand_whenHelpIsAsked_thenItShowsAnExampleThatParses(List<String> path) {
    List<String> arguments = new ArrayList<>(path);
    arguments.add("--help");

    CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));

    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    List<String> examples =
        run.out()
            .lines()
            .dropWhile(line -> !line.equals("Example:"))
            .skip(1)
            .takeWhile(line -> !line.isBlank())
            .toList();
    assertThat(examples).as("one line, so that it can be copied").hasSize(1);
    String example = examples.get(0).strip();
    assertThat(example).startsWith("steelyard");
    StringWriter ignored = new StringWriter();
    Main.commandLine(new PrintWriter(ignored), new PrintWriter(ignored))
        .parseArgs(example.substring("steelyard ".length()).split(" "));
  }

  @Test
  void givenNoCommand_whenItIsRun_thenTheCodeIsTwo() {
    assertThat(CommandLineRun.of().code()).isEqualTo(2);
  }

  @Test
  void whenTheVersionIsAsked_thenEngineThreadsAndDeviceAreShown() throws Exception {
    assertThat(CommandLineRun.of("version").out()).contains("libtorch", "threads", "device");
    JsonNode json = json("version", "--json");
    assertThat(json.at("/engine/libtorch").asText()).startsWith("2.");
    assertThat(json.at("/engine/threads").asInt()).isPositive();
  }

  @Test
  void whenModelsAreListed_thenTextAndJsonNameTheSameOnes() throws Exception {
    String text = CommandLineRun.of("models").out();

    for (JsonNode model : json("models", "--json")) {
      assertThat(text).contains(model.get("name").asText());
    }
    assertThat(CommandLineRun.of("models", "resnet20").out()).contains("269722");
    CommandLineRun unknown = CommandLineRun.of("models", "resnet21");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("did you mean 'resnet20'");
  }

  @Test
  void whenMethodsAreListed_thenTheCommandSucceeds() throws Exception {
    assertThat(CommandLineRun.of("methods").code()).isZero();
    assertThat(json("methods", "--json"))
        .isNotEmpty()
        .allSatisfy(each -> assertThat(each.get("name").asText()).matches("[a-z][a-z0-9_]*"));
    assertThat(CommandLineRun.of("methods", "nothing").code()).isEqualTo(2);
  }

  @Test
  void whenDataIsShown_thenEveryClassIsCounted() throws Exception {
    assertThat(CommandLineRun.of("data").out()).contains("fashion-mnist", "cifar10");
    assertThat(json("data", "--json")).hasSize(Datasets.all().size());
    JsonNode json = json("data", "show", "fashion-mnist", "--json");
    assertThat(json).isEqualTo(json("data", "--json", "show", "fashion-mnist"));
    assertThat(json.at("/train/shape")).hasSize(3);
    assertThat(json.at("/train/samples").asInt()).isGreaterThanOrEqualTo(12_000);
    assertThat(json.at("/test/samples").asInt()).isGreaterThanOrEqualTo(2_000);
    assertThat(json.at("/train/samples_by_class")).hasSize(10);
  }

  @Test
  void givenFoldersWithoutFonts_whenGlyphsAreDrawn_thenTheErrorSaysWhatIsExpected() {
    String output = folder.resolve("glyphs").toString();
    CommandLineRun unknown =
        CommandLineRun.of(
            "data", "glyphs", "--fonts", "nowhere", "--output", output, "--classes", "digit");
    CommandLineRun none =
        CommandLineRun.of("data", "glyphs", "--fonts", folder.toString(), "--output", output);

    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("did you mean 'digits'");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("holds no fonts; expected files that end in .ttf");
    assertThat(folder.resolve("glyphs")).doesNotExist();
  }

  @Test
  void givenASafetensorsFile_whenItIsInspected_thenSpectrumAndNormAreRight() throws Exception {
    Path file = weights();
    Path html = folder.resolve("weights.html");

    CommandLineRun text = CommandLineRun.of("inspect", file.toString(), "--html", html.toString());
    JsonNode json = json("inspect", file.toString(), "--json");

    assertThat(text.code()).isZero();
    assertThat(text.out()).contains("scaled", "[4, 4]", "made by: a test");
    assertThat(json.at("/tensors/0/statistics/norm").asDouble()).isEqualTo(6);
    assertThat(json.at("/tensors/0/spectrum/condition_number").asDouble()).isEqualTo(1);
    assertThat(Files.readString(html)).contains("scaled", "plots-data");
  }

  @Test
  void givenADamagedFile_whenItIsInspected_thenOneMessageNamesItWithoutAStackTrace()
      throws Exception {
    Path file = folder.resolve("damaged.safetensors");
    Files.writeString(file, "this is not a safetensors file");

    CommandLineRun run = CommandLineRun.of("inspect", file.toString());

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("error: ").contains("damaged.safetensors");
    assertThat(CommandLineRun.of("inspect", file.toString(), "--stacktrace").err())
        .contains("\tat io.github.steelyard");
  }

  @Test
  void givenNoFile_whenItIsInspected_thenTheCodeIsTwo() {
    assertThat(CommandLineRun.of("inspect", "nothing.safetensors").code()).isEqualTo(2);
  }

  @Test
  void whenTheReferenceCasesAreReplayed_thenAllPass() throws Exception {
    CommandLineRun run = CommandLineRun.of("selftest");

    assertThat(run.code()).as(run.out()).isZero();
    assertThat(run.out()).contains("optim/adamp-default", "pass").doesNotContain("fail");
    assertThat(json("selftest", "--json"))
        .allSatisfy(
            each ->
                assertThat(each.get("largest_relative_error").asDouble())
                    .isLessThan(each.get("tolerance").asDouble()));
  }

  @Test
  void givenAFolderWithAFileThatIsNoCase_whenItIsReplayed_thenTheCodeIsOne() throws Exception {
    weights();

    CommandLineRun run = CommandLineRun.of("selftest", "--cases", folder.toString());

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).contains("weights", "fail", "0 of 1 cases passed");
  }

  private Path weights() {
    Path file = folder.resolve("weights.safetensors");
    Scope.run(
        () -> {
          try {
            SafeTensors.write(
                file,
                Map.of("scaled", torch.eye(4).mul(torch.full(new long[0], scalar(3)))),
                Map.of("made by", "a test"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return file;
  }

  private static Scalar scalar(double value) {
    return new Scalar(value);
  }
}
