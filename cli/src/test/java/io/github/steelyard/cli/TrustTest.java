package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.Engine;
import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.cli.run.RunPlace;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was changed, damaged or left half-done in a run's folder, and people in a hurry. */
class TrustTest {
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [8]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 100, test_samples: 50, augment: []}
      optimizer: {name: sgd, lr: 0.05}
      train: {epochs: 2, checkpoint_every_steps: 1}
      """;
  private static final String LIFE =
      """
      model: {name: mlp, hidden: [8]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 100, test_samples: 50, augment: []}
      stages:
        - kind: train
          optimizer: {name: sgd, lr: 0.05}
          train: {epochs: 1}
        - kind: quantize
          optimizer: {name: sgd, lr: 0.05}
          quantization: {weight_bits: 4, activation_bits: 4, method: lsq}
          train: {epochs: 1}
        - kind: export
          formats: [packed]
      """;

  @TempDir static Path shared;
  private static Path recipe;
  private static Path whole;

  @TempDir Path folder;

  @BeforeAll
  static void train() throws IOException {
    recipe = Files.writeString(shared.resolve("small.yaml"), RECIPE);
    whole = shared.resolve("whole");
    IncrementalFixture.run("run", recipe.toString(), "--folder", whole.toString());
  }

  private Path copy() throws IOException {
    Path run = folder.resolve("run");
    RunFolders.copy(whole, run);
    return run;
  }

  private static CommandLineRun failed(String... arguments) {
    CommandLineRun run = CommandLineRun.of(arguments);
    assertThat(run.code()).as(run.out()).isEqualTo(1);
    assertThat(run.err()).doesNotContain("bug in Steelyard");
    return run;
  }

  @Test
  void givenOneOtherBitInTheWeights_whenAnyCommandReadsThem_thenItRefusesThemByName()
      throws IOException {
    Path run = copy();
    Path best = run.resolve("checkpoints/best.safetensors");
    byte[] bytes = Files.readAllBytes(best);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    int begin =
        text.indexOf("[", text.indexOf("data_offsets", text.indexOf("model/fc1.weight"))) + 1;
    int offset = Integer.parseInt(text.substring(begin, text.indexOf(",", begin)));
    bytes[Long.BYTES + length + offset + 3] ^= 0x40; // A bit of the first weight's exponent.
    Files.write(best, bytes);

    for (List<String> command :
        List.of(
            List.of("evaluate", run.toString()),
            List.of("attack", run.toString(), "--epsilon", "0.1", "--protocol", "quick"),
            List.of("export", run.toString(), "--format", "safetensors"),
            List.of("explain", run.toString(), "--samples", "20"))) {
      assertThat(failed(command.toArray(String[]::new)).err())
          .as(command.toString())
          .contains(best.toString(), "'model/fc1.weight'", "checksum");
    }
  }

  @Test
  void givenResultsOrARecipeThatWereChanged_whenTheyDecideSomething_thenTheFileIsNamed()
      throws IOException {
    Path run = copy();
    Path results = run.resolve("results.json");
    String before = Files.readString(results);
    String[] resume = {"run", recipe.toString(), "--folder", run.toString(), "--resume"};

    Files.writeString(results, before.replace("\"steps\" : 4", "\"steps\" : 5"));
    assertThat(failed(resume).err()).contains(results + ": was changed after it was written");
    Files.writeString(results, before.substring(0, 40));
    assertThat(failed(resume).err()).contains(results + ": is damaged");

    Files.writeString(results, before);
    Path own = run.resolve("recipe.yaml");
    String written = Files.readString(own);
    Files.writeString(own, written.replace("batch_size: 50", "batch_size: 25"));
    assertThat(failed("evaluate", run.toString()).err())
        .contains(own + ": was changed after the run began");
    Files.writeString(own, written);
    assertThat(CommandLineRun.of(resume).code()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".lock",
        ".lock checkpoints/",
        ".lock checkpoints/ .recipe.yaml.a.steelyard-partial",
        ".lock checkpoints/ recipe.yaml",
        ".lock checkpoints/ recipe.yaml .run.json.a.steelyard-partial",
      })
  void givenAFolderOfARunThatWasKilledAtOnce_whenItIsStarted_thenItRunsAndNothingHalfWrittenStays(
      String left) throws IOException {
    Path run = Files.createDirectory(folder.resolve("run"));
    for (String name : left.split(" ", -1)) {
      if (name.endsWith("/")) {
        Files.createDirectory(run.resolve(name));
      } else if (!name.isEmpty()) {
        Files.copy(recipe, run.resolve(name));
      }
    }

    IncrementalFixture.run("run", recipe.toString(), "--folder", run.toString());

    try (Stream<Path> all = Files.walk(run)) {
      assertThat(all.map(Path::toString)).noneMatch(file -> file.endsWith("steelyard-partial"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"events", "checkpoints", "exports", "explain/deep", "."})
  void givenWhatAKilledProcessLeftInAnyFolder_whenTheRunIsResumed_thenItIsRemoved(String where)
      throws IOException {
    Path run = copy();
    Path partial = run.resolve(where).resolve(".x.y.steelyard-partial");
    Files.createDirectories(partial.getParent());
    Files.write(partial, new byte[9]);
    Path other = run.resolve("inner/.x.y.steelyard-partial");
    Files.createDirectory(run.resolve("inner"));
    Files.writeString(run.resolve("inner/run.json"), "{\"kind\": \"training\"}");
    Files.write(other, new byte[9]);

    IncrementalFixture.run("run", recipe.toString(), "--folder", run.toString(), "--resume");

    assertThat(partial).doesNotExist();
    assertThat(other).as("that of another run").exists();
  }

  @Test
  void givenMoreThanAProgramCanCount_whenItIsAskedFor_thenTheNumberAndTheLimitAreTold() {
    String many = "train.epochs=2147483648";

    assertThat(CommandLineRun.refused("run", recipe.toString(), "--set", many))
        .contains(
            "train.epochs must be a whole number of at most 2147483647, but is the number"
                + " 2147483648");
  }

  @Test
  void givenAFileOfVeryManyEmptyTensors_whenItIsTakenForWeights_thenItIsRefusedInOneSentence()
      throws IOException {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < 20_000; i++) {
      header.append(i == 0 ? "" : ",").append("\"t").append(i);
      header.append("\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    byte[] text = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + text.length).order(ByteOrder.LITTLE_ENDIAN);
    Path file = folder.resolve("empty.safetensors");
    Files.write(file, bytes.putLong(text.length).put(text).array());

    String message =
        failed(
                "attack",
                "mlp",
                "--weights",
                file.toString(),
                "--dataset",
                "fashion-mnist",
                "--epsilon",
                "0.1")
            .err();

    assertThat(message).contains(file.toString(), "unexpected (20000)").hasSizeLessThan(500);
  }

  private Ended lived(Path file, String at) throws IOException {
    Stop stop = Stop.never();
    PrintWriter err = new PrintWriter(new DyingWriter(at, stop::request));
    return new Engine(new Session(err, List.of("test"), stop))
        .run(
            RunKinds.load().read(file, false, List.of()),
            RunPlace.continuing(folder.resolve("life")));
  }

  @Test
  void givenAStopAfterTheTrainingOfAStage_whenALifeIsLived_thenItStopsThereAndGoesOnLater()
      throws IOException {
    Path file = Files.writeString(folder.resolve("life.yaml"), LIFE);

    Ended stopped = lived(file, "measuring the quantized model");

    assertThat(stopped.isFinished()).isFalse();
    assertThat(stopped.results().get("stages")).hasSize(1);
    assertThat(folder.resolve("life/3-export")).doesNotExist();
    Ended ended = lived(file, "nothing of this kind");
    assertThat(ended.isFinished()).isTrue();
    assertThat(ended.results().get("stages")).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"attacking the network", "explaining the network"})
  void givenAStopInTheMiddleOfWhatFollowsATraining_whenItIsHeeded_thenItIsDoneWhenTheRunGoesOn(
      String at) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("look.yaml"),
            """
            from: %s
            attack: {epsilon: 0.1, attacks: [fgsm]}
            explain: {samples: 20}
            """
                .formatted(whole));

    Ended stopped = lived(file, at);

    assertThat(stopped.isFinished()).isFalse();
    assertThat(stopped.results().has("explain")).isFalse();
    assertThat(stopped.results().has("attack")).isEqualTo(at.startsWith("explaining"));
    Ended ended = lived(file, "nothing of this kind");
    assertThat(ended.isFinished()).isTrue();
    assertThat(ended.results().has("attack") && ended.results().has("explain")).isTrue();
  }

  @Test
  void givenARunOfAStudyThatWasKilledAtItsReport_whenTheStudyGoesOn_thenTheRunIsCompleted()
      throws IOException {
    Path study =
        Files.writeString(
            folder.resolve("study.yaml"),
            """
            recipe: %s
            seeds: [0]
            axes: {rate: {slow: {}}}
            measures: {loss: metrics.loss}
            """
                .formatted(recipe));
    Path target = folder.resolve("study");
    IncrementalFixture.run("run", study.toString(), "--folder", target.toString());
    Path run = target.resolve("slow/seed-0");
    JsonNode about = Json.MAPPER.readTree(run.resolve("run.json").toFile());
    assertThat(about.get("finished").asBoolean()).isTrue();
    Files.writeString(run.resolve("run.json"), "{\"kind\": \"training\", \"finished\": false}");
    Files.delete(run.resolve("report.html"));
    Path partial =
        Files.write(target.resolve("slow/.seed-0.yaml.a.steelyard-partial"), new byte[2]);

    CommandLineRun again =
        IncrementalFixture.run("run", study.toString(), "--folder", target.toString());

    assertThat(again.err()).contains("run 1 of 1", "the training is finished already");
    assertThat(run.resolve("report.html")).exists();
    assertThat(partial).doesNotExist();
    assertThat(Json.MAPPER.readTree(run.resolve("run.json").toFile()).get("finished").asBoolean())
        .isTrue();
  }

  @Test
  void givenAFileWithNamesThatATerminalObeys_whenItIsInspected_thenTheyAreSeen()
      throws IOException {
    String escape = Character.toString(0x1b);
    String name = "a\\u001b[31mRED\\r\\nfake: line\\u202e";
    String header =
        "{\"__metadata__\":{\"k\\u001b[2J\":\"v\"},\"%s\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}"
            .formatted(name);
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("names.safetensors");
    Files.write(
        file,
        ByteBuffer.allocate(Long.BYTES + text.length + 16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text)
            .array());
    Path page = folder.resolve("page.html");

    CommandLineRun plain =
        IncrementalFixture.run("inspect", file.toString(), "--html", page.toString());
    CommandLineRun json = IncrementalFixture.run("inspect", file.toString(), "--json");

    for (String printed :
        new String[] {plain.out(), plain.err(), json.out(), Files.readString(page)}) {
      assertThat(printed).doesNotContain(escape, Character.toString(0x202e));
      assertThat(printed.lines()).noneMatch(line -> line.startsWith("fake: line"));
    }
    assertThat(plain.out()).contains("a\\u001b[31mRED\\r\\nfake: line\\u202e", "k\\u001b[2J: v");
    assertThat(Files.readString(page)).contains("a\\u001b[31mRED\\r\\nfake: line\\u202e");
    assertThat(Json.MAPPER.readTree(json.out()).get("tensors").get(0).get("name").asText())
        .isEqualTo("a" + escape + "[31mRED\r\nfake: line" + Character.toString(0x202e));
  }
}
