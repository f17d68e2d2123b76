package io.github.steelyard.cli.command;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.DyingWriter;
import io.github.steelyard.cli.IncrementalFixture;
import io.github.steelyard.cli.Main;
import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.cli.RunFolders;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.incremental.IncrementalStudy;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.io.CheckedJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LifeCommandTest {
  private static final String LIFE =
      """
      description: A tiny life
      model: {name: mlp, hidden: [12, 8]}
      data: {name: fashion-mnist, batch_size: 25, train_samples: 200, test_samples: 100, augment: []}
      attack: {epsilon: 0.05, samples: 10, attacks: [fgsm]}
      stages:
        - kind: train
          classes: [Trouser, Coat, Bag]
          optimizer: {name: adamp, lr: 0.01}
          compander: {a: 5}
          train: {epochs: 4}
        - kind: prune
          loss: {adversarial: pgd, epsilon: 0.05, steps: 1}
          penalties: {transformed_l1: {strength: 1.0e-5}, log_condition: {strength: 0.01}}
          optimizer: {name: adamw, lr: 0.005}
          pruning: {sparsity: 0.5}
          train: {epochs: 2, checkpoint_every_steps: 1, keep_checkpoints: 100}
        - kind: quantize
          loss: {teacher: full_precision}
          optimizer: {name: adamw, lr: 0.002}
          quantization:
            {weight_bits: 4, activation_bits: 4, method: lsq, annealing: {epochs: 1},
             oscillation: {every: 1}}
          train: {epochs: 2}
        - kind: extend
          classes: [Sandal, Dress]
          incremental: {memory: {per_class: 4}}
          optimizer: {name: sgd, lr: 0.02}
          train: {epochs: 2, checkpoint_every_steps: 1}
        - kind: explain
          samples: 30
        - kind: export
          formats: [packed, onnx]
      """;

  @TempDir static Path shared;
  private static Path recipe;
  private static Path whole;
  private static JsonNode made;

  @TempDir Path folder;

  @BeforeAll
  static void live() throws IOException {
    recipe = Files.writeString(shared.resolve("tiny.yaml"), LIFE);
    whole = shared.resolve("whole");
    made = json("run", recipe.toString(), "--folder", whole.toString(), "--json");
  }

  @Test
  void givenALife_whenItIsLived_thenEachStageIsMeasuredAndTold() throws IOException {
    assertThat(made.get("outcome").asText()).isEqualTo("COMPLETED");
    JsonNode stages = made.get("stages");
    assertThat(stages)
        .extracting(stage -> stage.get("stage").asText())
        .containsExactly("1-train", "2-prune", "3-quantize", "4-extend", "5-explain", "6-export");
    assertThat(stages.get(0).get("classes").asInt()).isEqualTo(3);
    assertThat(stages.get(0).get("new_accuracy").isNull()).isTrue();
    assertThat(stages.get(1).get("sparsity").asDouble()).isBetween(0.49, 0.51);
    assertThat(stages.get(2).get("sparsity").asDouble()).isGreaterThan(0.49);
    assertThat(stages.get(2).get("bytes").asLong())
        .isEqualTo(Files.size(whole.resolve("3-quantize/exports/model-packed.safetensors")))
        .isLessThan(stages.get(0).get("bytes").asLong() * 3 / 4);
    assertThat(stages.get(2).get("oscillating").isNumber()).isTrue();
    assertThat(stages.get(3).get("classes").asInt()).isEqualTo(5);
    assertThat(stages.get(3).get("new_accuracy").isNumber()).isTrue();
    for (int i = 0; i < 4; i++) {
      assertThat(stages.get(i).get("robust_accuracy").isNumber()).isTrue();
      assertThat(stages.get(i).get("condition_number").asDouble()).isGreaterThanOrEqualTo(1);
    }
    assertThat(stages.get(4).get("modules").isNumber()).isTrue();
    assertThat(whole.resolve("6-export/exports/model.onnx")).isNotEmptyFile();
    assertThat(Files.readString(whole.resolve("report.html")))
        .contains("A tiny life", "1. Train", "4. Teach new classes", "graph-data")
        .contains("Singular values of fc1.weight", "Oscillating weights", "6. Export");
  }

  @Test
  void givenTheStagesOfALife_whenOtherCommandsLookAtThem_thenTheyAreOrdinaryRuns()
      throws IOException {
    for (int i = 0; i < 4; i++) {
      JsonNode row = made.get("stages").get(i);
      Path stage = whole.resolve(row.get("stage").asText());
      JsonNode evaluated = json("evaluate", stage.toString(), "--json");
      JsonNode accuracy = i < 3 ? evaluated.at("/metrics/accuracy") : evaluated.at("/0/accuracy");
      assertThat(accuracy.asDouble())
          .as(stage.toString())
          .isEqualTo(row.get("accuracy").asDouble());
    }
    String extended = whole.resolve("4-extend").toString();
    JsonNode attacked =
        json(
            "attack",
            extended,
            "--epsilon",
            "0.05",
            "--attack",
            "fgsm",
            "--samples",
            "10",
            "--json");
    assertThat(attacked.get("worst_case")).isEqualTo(made.at("/stages/3/robust_accuracy"));
    Path packed = folder.resolve("again.safetensors");
    json("export", extended, "--format", "packed", "--output", packed.toString(), "--json");
    RunFolders.requireEqual(packed, whole.resolve("6-export/exports/model-packed.safetensors"));
    assertThat(json("evaluate", packed.toString(), "--json").at("/metrics/accuracy"))
        .isEqualTo(made.at("/stages/3/accuracy"));
    JsonNode explained =
        json(
            "explain",
            whole.resolve("3-quantize").toString(),
            "--samples",
            "20",
            "--html",
            folder.resolve("e.html").toString(),
            "--json");
    assertThat(explained.at("/layers")).hasSize(3);
    assertThat(json("inspect", packed.toString(), "--json").at("/tensors")).isNotEmpty();
    assertThat(refused("evaluate", whole.toString()))
        .contains("give the folder of one of its stages");
    assertThat(refused("run", extended + "/recipe.yaml", "--folder", folder + "/x"))
        .contains("trained before");
  }

  @Test
  void givenALifeKilledInsideAStage_whenItIsResumed_thenItEndsAsIfNothingHadHappened()
      throws IOException {
    Path killed = livedUpTo(1);
    RunFolders.copyKilledAfter(2, whole.resolve("2-prune"), killed.resolve("2-prune"));

    CommandLineRun resumed = resume(killed);

    assertThat(resumed.err()).contains("1-train is finished already", "resuming after step 2");
    requireTheSame(
        killed,
        resumed,
        "2-prune/exports/dense.safetensors",
        "3-quantize/exports/model-packed.safetensors",
        "4-extend/exports/classifier.safetensors",
        "6-export/exports/model-packed.safetensors");
  }

  @Test
  void
      givenALifeKilledAndThenStoppedInItsExtension_whenItIsResumed_thenItEndsAsIfNothingHadHappened()
          throws IOException {
    Path killed = livedUpTo(3);
    Writer dying = new DyingWriter("wa, step 2 of 2");

    assertThatThrownBy(
            () ->
                Main.commandLine(new PrintWriter(Writer.nullWriter()), new PrintWriter(dying))
                    .execute("run", recipe.toString(), "--folder", killed.toString(), "--resume"))
        .isInstanceOf(DyingWriter.Killed.class);
    Path extension = killed.resolve("4-extend");
    List<Path> checkpoints = checkpoints(extension);
    assertThat(checkpoints).hasSizeGreaterThan(1);
    Files.delete(checkpoints.get(checkpoints.size() - 1)); // As if killed a step or two before.
    assertThat(extension.resolve("exports/classifier.safetensors")).exists();
    assertThat(stop(extension)).as("new classes are not learned yet").isEqualTo(1);
    CommandLineRun resumed = resume(killed);

    assertThat(resumed.err())
        .contains("3-quantize is finished already", "1 of 2 steps are learned");
    requireTheSame(
        killed,
        resumed,
        "4-extend/exports/classifier.safetensors",
        "4-extend/checkpoints/learner.safetensors",
        "6-export/exports/model-packed.safetensors");
  }

  private static int stop(Path extension) throws IOException {
    Recipe recipe = ReadRecipes.file(extension.resolve("recipe.yaml"));
    IncrementalStudy study = new IncrementalStudy(recipe, List.of("test"));
    return IncrementalFixture.stop(study, "wa", extension);
  }

  private static List<Path> checkpoints(Path extension) throws IOException {
    try (Stream<Path> all = Files.walk(extension.resolve("checkpoints/step-002"))) {
      return all.filter(file -> file.getFileName().toString().matches("step-.*safetensors"))
          .sorted()
          .toList();
    }
  }

  /** A copy of the life as it was after some stages. */
  private Path livedUpTo(int stages) throws IOException {
    Path copy = folder.resolve("killed");
    RunFolders.copy(whole, copy);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    for (JsonNode row : made.get("stages")) {
      if (rows.size() < stages) {
        rows.add(row);
      } else {
        RunFolders.delete(copy.resolve(row.get("stage").asText()));
      }
    }
    ObjectNode results = CheckedJson.read(copy.resolve("results.json"));
    results.set("stages", rows);
    CheckedJson.write(copy.resolve("results.json"), results);
    return copy;
  }

  private static CommandLineRun resume(Path run) {
    CommandLineRun resumed =
        CommandLineRun.of(
            "run", recipe.toString(), "--folder", run.toString(), "--resume", "--json");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    return resumed;
  }

  private static void requireTheSame(Path run, CommandLineRun resumed, String... files)
      throws IOException {
    assertThat(withoutTimes(Json.MAPPER.readTree(resumed.out()))).isEqualTo(withoutTimes(made));
    for (String file : files) {
      RunFolders.requireEqual(whole.resolve(file), run.resolve(file));
    }
  }

  private static JsonNode withoutTimes(JsonNode life) {
    ArrayNode stages = life.get("stages").deepCopy();
    for (JsonNode stage : stages) {
      ((ObjectNode) stage).remove(List.of("seconds", "bytes")); // Bytes hold a date and a path.
    }
    return stages;
  }

  @Test
  void givenAFinishedLife_whenStagesAreAddedToItsRecipe_thenResumingDoesOnlyThese()
      throws IOException {
    String run = folder.resolve("longer").toString();
    RunFolders.copy(whole, Path.of(run));
    Path longer =
        Files.writeString(
            folder.resolve("tiny.yaml"), LIFE + "  - {kind: export, formats: [onnx]}\n");

    CommandLineRun lived =
        CommandLineRun.of("run", longer.toString(), "--folder", run, "--resume", "--json");

    assertThat(lived.code()).as(lived.err()).isZero();
    assertThat(lived.err()).contains("6-export is finished already", "goes on with further stages");
    JsonNode stages = Json.MAPPER.readTree(lived.out()).get("stages");
    assertThat(stages).hasSize(7);
    assertThat(withoutTimes(Json.MAPPER.readTree(lived.out())).get(3))
        .isEqualTo(withoutTimes(made).get(3));
    assertThat(Path.of(run, "7-export/exports/model.onnx")).isNotEmptyFile();
    assertThat(refused("run", recipe.toString(), "--folder", run, "--resume"))
        .contains("stages.6.kind", "is not given now");
  }

  @Test
  void givenAFinishedLife_whenItIsBegunOrContinuedOtherwise_thenItIsRefused() {
    String run = whole.toString();

    assertThat(refused("run", recipe.toString(), "--folder", run))
        .contains("--resume", "--replace");
    assertThat(
            refused(
                "run",
                recipe.toString(),
                "--folder",
                run,
                "--resume",
                "--set",
                "stages.prune.pruning.sparsity=0.6"))
        .contains("stages.1.pruning.sparsity is 0.5, not 0.6");
    assertThat(refusedWith("stages.extend.classes=[Sandal, Dres]"))
        .contains("'Dres'", "did you mean 'Dress'?");
    assertThat(refusedWith("stages.prune.pruning.layers=[fc9]")).contains("'fc9'", "fc1");
    assertThat(folder.resolve("new")).doesNotExist();
  }

  private String refusedWith(String setting) {
    return refused("run", recipe.toString(), "--folder", folder + "/new", "--set", setting);
  }
}
