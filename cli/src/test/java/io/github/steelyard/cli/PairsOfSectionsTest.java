package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.incremental.IncrementalStudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sections of several methods in one recipe, through the commands. */
@Tag("once")
class PairsOfSectionsTest {
  private static final String BASE =
      """
      model: {name: mlp, hidden: [12, 10]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 200, test_samples: 100}
      """;
  private static final String ADAMP =
      """
      optimizer: {name: adamp, lr: 0.01}
      train: {epochs: 2, checkpoint_every_steps: 2, keep_checkpoints: 100}
      """;
  private static final String COMPANDER = "compander: {ratio: 2, learned: true}\n";
  private static final String PENALTIES = "penalties: {transformed_l1: {strength: 1.0e-5}}\n";
  private static final String ROBUST = "loss: {adversarial: pgd, epsilon: 0.05, steps: 2}\n";
  private static final String PRUNING = "pruning: {sparsity: 0.5, begin_epoch: 1}\n";
  private static final String LSQ =
      """
      quantization: {weight_bits: 4, activation_bits: 8, method: lsq, annealing: {epochs: 1}}
      export: {formats: [packed]}
      """;
  private static final String STATSQ =
      """
      quantization: {weight_bits: 4, activation_bits: 8, query_key_reparameterization: false}
      export: {formats: [packed]}
      """;

  @TempDir Path folder;

  private String write(String... sections) throws IOException {
    Path file = folder.resolve("recipe-" + sections.length + ".yaml");
    return Files.writeString(file, BASE + String.join("", sections)).toString();
  }

  private String run(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void givenACompandedRecipeThatPrunes_whenItIsExported_thenPlainFilesGiveTheSameNumbers()
      throws Exception {
    String pruned = run("pruned");
    JsonNode made =
        json(
            "run",
            write(ADAMP, COMPANDER, ROBUST, PENALTIES, PRUNING),
            "--folder",
            pruned,
            "--json");
    assertThat(json("evaluate", pruned, "--json").at("/metrics")).isEqualTo(made.at("/metrics"));

    JsonNode file = json("export", pruned, "--format", "safetensors", "--json");
    json("export", pruned, "--format", "onnx", "--json");

    assertThat(file.at("/parts/names and provenance").asLong()).isPositive();
    JsonNode plain =
        json(
            "run",
            write(ADAMP),
            "--folder",
            run("plain"),
            "--set",
            "model.weights='" + file.at("/file").asText() + "'",
            "--set",
            "optimizer.lr=0",
            "--json");
    assertThat(plain.at("/metrics")).isEqualTo(made.at("/metrics"));
    JsonNode explained = json("explain", pruned, "--samples", "60", "--json");
    assertThat(explained.at("/modules").asInt()).isPositive();
  }

  @Test
  void givenAPrunedRecipe_whenItIsKilledAndResumed_thenCompanderAndMasksAreTheSameBitForBit()
      throws Exception {
    String recipe = write(ADAMP, COMPANDER, PENALTIES, PRUNING);
    json("run", recipe, "--folder", run("whole"), "--json");
    RunFolders.copyKilledAfter(6, folder.resolve("whole"), folder.resolve("killed"));

    json("run", recipe, "--folder", run("killed"), "--resume", "--json");

    String masked = "exports/masked.safetensors";
    RunFolders.requireEqual(
        folder.resolve("whole").resolve(masked), folder.resolve("killed").resolve(masked));
  }

  @Test
  void givenEveryMethodOfTraining_whenAModelIsQuantized_thenZerosStayAndTheFileAgrees()
      throws Exception {
    json("run", write(ADAMP), "--folder", run("full"), "--json");
    String quantized = run("quantized");

    JsonNode made =
        json(
            "run",
            write(ADAMP, COMPANDER, ROBUST, PENALTIES, PRUNING, LSQ),
            "--set",
            "from=" + run("full"),
            "--folder",
            quantized,
            "--json");

    assertThat(made.at("/export/packed/read_back")).isEqualTo(made.at("/quantization/quantized"));
    assertThat(json("evaluate", quantized, "--json").at("/metrics"))
        .isEqualTo(made.at("/quantization/quantized"));
    json("export", quantized, "--format", "onnx", "--json");
    assertThat(
            refused(
                "run",
                write(ADAMP, PRUNING, STATSQ),
                "--set",
                "from=" + run("full"),
                "--folder",
                run("zeros")))
        .contains("'fc2' is pruned, but StatsQ(4 bits) has no level at zero", "method lsq");
    assertThat(folder.resolve("zeros")).doesNotExist();
    assertThat(json("explain", quantized, "--samples", "60", "--json").at("/layers")).hasSize(3);
    assertThat(refused("run", write(ADAMP, PRUNING, LSQ), "--folder", run("order")))
        .contains("the key 'from'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantization={weight_bits: 4, activation_bits: 8} | learn first, then quantize",
        "pruning={sparsity: 0.5} | learn first, then prune",
        "loss={adversarial: pgd, epsilon: 0.1} | each step has a loss of its own",
      })
  void givenARecipeThatLearnsClassByClass_whenAnotherMethodStandsBesideIt_thenTheReasonIsNamed(
      String setting, String reason) throws Exception {
    String recipe =
        write(ADAMP, "incremental: {strategies: [wa], steps: [2, 2], memory: {total: 20}}\n");

    assertThat(refused("run", recipe, "--folder", run("r"), "--set", setting)).contains(reason);
  }

  @Test
  void givenAClassifierThatLearnedClassByClassWithAdamP_whenItIsQuantized_thenItIsTheStart()
      throws Exception {
    String steps =
        "incremental: {strategies: [wa], steps: [5, 5], class_order: dataset,"
            + " memory: {total: 20}}\n";
    json(
        "run",
        write("optimizer: {name: adamp, lr: 0.01}\ntrain: {epochs: 1}\n", steps),
        "--folder",
        run("learned"),
        "--json");

    JsonNode made =
        json(
            "run",
            write(ADAMP, STATSQ),
            "--set",
            "from=" + run("learned/wa/exports/classifier.safetensors"),
            "--folder",
            run("few"),
            "--json");

    assertThat(made.at("/export/packed/read_back")).isEqualTo(made.at("/quantization/quantized"));
    assertThat(refused("export", run("learned"), "--format", "onnx")).contains("class by class");
  }

  @Test
  void givenACompanderAndPenalties_whenClassesAreLearned_thenItResumesExtendsAndShipsPlainWeights()
      throws Exception {
    Path recipe =
        Files.writeString(
            folder.resolve("steps.yaml"),
            IncrementalFixture.RECIPE.replace("[finetune, wa, icarl]", "[wa, joint]")
                + COMPANDER
                + "penalties: {l1: {strength: 1.0e-4}}\n");
    json("run", recipe.toString(), "--folder", run("learned"), "--json");
    Path stopped = folder.resolve("stopped");
    IncrementalStudy study = IncrementalFixture.study(recipe);
    IncrementalFixture.stopOften(study, "wa", stopped, 10);
    IncrementalFixture.learn(study, "wa", stopped);

    Path learned = folder.resolve("learned/wa");
    IncrementalFixture.requireSameWeights(learned, stopped);
    String log = Files.readString(learned.resolve("checkpoints/step-002/metrics.jsonl"));
    assertThat(log).contains("l1");
    json("extend", learned.toString(), "--classes", "Bag", "--json");
    assertThat(RunFolders.read(learned.resolve("exports/classifier.safetensors")))
        .containsKeys(
            "fc2.parametrizations.weight.original", "fc2.parametrizations.weight.0.log_a");
    JsonNode evaluated = json("evaluate", learned.toString(), "--json").get(0);
    assertThat(evaluated.get("classes")).hasSize(8);
    String file =
        json("export", learned.toString(), "--format", "safetensors", "--json")
            .at("/file")
            .asText();
    assertThat(RunFolders.read(Path.of(file)).keySet())
        .containsExactlyInAnyOrder("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias");
    JsonNode plain =
        json(
            "run",
            write("optimizer: {name: sgd, lr: 0}\n"),
            "--folder",
            run("plain"),
            "--set",
            "model={name: mlp, hidden: [16], weights: '" + file + "'}",
            "--set",
            "data.test_samples=200",
            "--set",
            "data.drawn_first=true",
            "--set",
            "data.classes=" + evaluated.get("classes"),
            "--json");
    assertThat(plain.at("/metrics/accuracy")).isEqualTo(evaluated.get("accuracy"));
    JsonNode quantized =
        json(
            "run",
            write("optimizer: {name: adamw, lr: 0.001}\n", STATSQ),
            "--set",
            "model={name: mlp, hidden: [16]}",
            "--set",
            "data.classes=" + evaluated.get("classes"),
            "--set",
            "from=" + learned.toString(),
            "--folder",
            run("few"),
            "--json");
    assertThat(quantized.at("/export/packed/read_back"))
        .isEqualTo(quantized.at("/quantization/quantized"));
  }
}
