package io.github.steelyard.cli.command;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.RunFolders;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class PruneCommandTest {
  private static final String PLAIN =
      """
      model: {name: mlp, hidden: [16]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 300, test_samples: 100}
      optimizer: {name: adamw, lr: 0.01}
      train: {epochs: 1}
      """;
  private static final String ROBUST =
      """
      model: {name: mlp, hidden: [16]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 300, test_samples: 100}
      loss: {adversarial: pgd, epsilon: 0.05, steps: 2}
      optimizer: {name: adamw, lr: 0.01}
      train: {epochs: 3, checkpoint_every_steps: 2, keep_checkpoints: 100}
      penalties:
        transformed_l1: {strength: 1.0e-5}
        log_condition: {strength: 0.01, layers: [fc1]}
      pruning: {sparsity: 0.8, begin_epoch: 1, end_epoch: 2, every: 2}
      """;

  @TempDir Path folder;

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static CommandLineRun run(String... arguments) {
    CommandLineRun run = CommandLineRun.of(arguments);
    assertThat(run.code()).as(run.err()).isZero();
    return run;
  }

  private JsonNode prune(Path target, String... more) throws IOException {
    String[] arguments = {
      "run", write("robust.yaml", ROBUST).toString(), "--folder", target.toString(), "--json"
    };
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return json(all);
  }

  @Test
  void givenARecipe_whenItIsPruned_thenFilesReportAndNumbersAgree() throws IOException {
    Path target = folder.resolve("run");

    JsonNode made = prune(target, "--set", "attack.samples=20");

    assertThat(made.at("/pruning/sparsity").asDouble()).isCloseTo(0.8, within(1e-3));
    assertThat(json("evaluate", target.toString(), "--json").at("/metrics"))
        .isEqualTo(made.at("/metrics"));
    Path dense = target.resolve("exports/dense.safetensors");
    Path masked = target.resolve("exports/masked.safetensors");
    assertThat(Files.size(dense)).isEqualTo(made.at("/pruning/bytes/dense_file").asLong());
    try (SafeTensorsFile open = SafeTensors.open(masked)) {
      assertThat(open.tensors())
          .containsKeys(
              "fc1.parametrizations.weight.original", "fc1.parametrizations.weight.0.mask");
    }
    JsonNode inspected = json("inspect", dense.toString(), "--json");
    double zeros = 0;
    double weights = 0;
    for (JsonNode tensor : inspected.at("/tensors")) {
      if (tensor.at("/name").asText().endsWith("weight")) {
        zeros += tensor.at("/statistics/zeros").asDouble();
        weights += tensor.at("/elements").asDouble();
        assertThat(tensor.at("/spectrum/effective_condition_number").isNumber()).isTrue();
      }
    }
    assertThat(zeros / weights).isCloseTo(0.8, within(1e-3));
    JsonNode robustness = made.at("/attack");
    assertThat(robustness.at("/samples").asInt()).isEqualTo(20);
    assertThat(robustness.at("/worst_case").asDouble())
        .isLessThanOrEqualTo(robustness.at("/accuracies/fgsm").asDouble());
    assertThat(Files.readString(target.resolve("report.html")))
        .contains("Singular values of fc1.weight", "Sparsity", "apgd-t")
        .containsOnlyOnce("<h3>Weights of fc1.weight before pruning and after</h3>")
        .containsOnlyOnce("<h3>Weights of fc1.weight at the start and at the end</h3>");
    assertThat(run("inspect", dense.toString()).out()).contains("product of the largest singular");
  }

  @Test
  void givenARunKilledInTraining_whenItIsResumed_thenTheFilesAreTheSameBitForBit()
      throws Exception {
    Path whole = folder.resolve("whole");
    prune(whole);
    Path killed = folder.resolve("killed");
    RunFolders.copyKilledAfter(8, whole, killed);

    prune(killed, "--resume");

    for (String file : new String[] {"dense", "masked"}) {
      String name = "exports/" + file + ".safetensors";
      RunFolders.requireEqual(whole.resolve(name), killed.resolve(name));
    }
  }

  @Test
  void givenATrainedRun_whenItsFiltersAreRemoved_thenTheModelIsSmallerAndEvaluates()
      throws IOException {
    Path source = folder.resolve("source");
    run("run", write("plain.yaml", PLAIN).toString(), "--folder", source.toString());
    Path target = folder.resolve("smaller");

    JsonNode made =
        json(
            "run",
            write("filters.yaml", PLAIN + "pruning: {sparsity: 0.5, filters: {rate: 0.5}}\n")
                .toString(),
            "--set",
            "from=" + source.toString(),
            "--folder",
            target.toString(),
            "--json");

    assertThat(made.at("/attack").isMissingNode()).isTrue();
    assertThat(json("evaluate", target.toString(), "--json").at("/metrics"))
        .isEqualTo(made.at("/metrics"));
    try (SafeTensorsFile open = SafeTensors.open(target.resolve("exports/dense.safetensors"))) {
      assertThat(open.tensors().get("fc1.weight").shape()).containsExactly(8, 784);
      assertThat(open.tensors().get("fc2.weight").shape()).containsExactly(10, 8);
    }
  }

  @Test
  void givenAPrunedModel_whenItIsQuantized_thenItsZerosStayZero() throws IOException {
    Path pruned = folder.resolve("pruned");
    run(
        "run",
        write("sparse.yaml", PLAIN + "pruning: {sparsity: 0.8}\n").toString(),
        "--folder",
        pruned.toString());
    Path target = folder.resolve("quantized");

    run(
        "run",
        write(
                "both.yaml",
                PLAIN
                    + "pruning: {sparsity: 0.8}\n"
                    + "quantization: {weight_bits: 4, activation_bits: 8, method: lsq}\n"
                    + "export: {formats: [packed]}\n")
            .toString(),
        "--set",
        "from=" + pruned.resolve("exports/dense.safetensors").toString(),
        "--folder",
        target.toString());

    JsonNode evaluated = json("evaluate", target.toString(), "--json");
    assertThat(evaluated.at("/metrics/accuracy").asDouble()).isBetween(0.0, 1.0);
    assertThat(evaluated.at("/metrics"))
        .isEqualTo(
            Json.MAPPER
                .readTree(target.resolve("results.json").toFile())
                .at("/quantization/quantized"));
    Path direct = folder.resolve("direct");
    run(
        "run",
        folder.resolve("both.yaml").toString(),
        "--set",
        "from=" + pruned.toString(),
        "--folder",
        direct.toString());
    String packed = "exports/model-packed.safetensors";
    RunFolders.requireEqual(target.resolve(packed), direct.resolve(packed));
    assertThat(
            refused(
                "run",
                write(
                        "dense.yaml",
                        PLAIN + "quantization: {weight_bits: 4, activation_bits: 8, method: lsq}\n")
                    .toString(),
                "--set",
                "from=" + pruned.toString(),
                "--folder",
                folder.resolve("other").toString()))
        .contains("its zeros would be trained again", "dense.safetensors");
  }

  @Test
  void givenARobustRun_whenItIsAttacked_thenTheWholeProtocolIsPrinted() throws IOException {
    Path target = folder.resolve("trained");
    String recipe = ROBUST.substring(0, ROBUST.indexOf("pruning:"));
    run("run", write("trained.yaml", recipe).toString(), "--folder", target.toString());
    Path html = folder.resolve("attack.html");

    String printed =
        run(
                "attack",
                target.toString(),
                "--protocol",
                "quick",
                "--samples",
                "30",
                "--html",
                html.toString())
            .out();

    assertThat(printed)
        .contains("epsilon 0.05", "12.8/255", "30 samples of Fashion-MNIST", "seed 0")
        .contains("pgd-20", "20 steps of 0.25 epsilon", "apgd-t", "square", "worst case");
    assertThat(Files.readString(html)).contains("data:image/png;base64,", "taken for");
    JsonNode part =
        json(
            "attack",
            target.toString(),
            "--attack",
            "fgsm",
            "--epsilon",
            "0.1",
            "--samples",
            "30",
            "--json");
    assertThat(part.at("/accuracies")).hasSize(1);
    assertThat(part.at("/epsilon").asDouble()).isEqualTo(0.1);
    assertThat(refused("attack", target.toString(), "--epsilon", "8"))
        .contains("epsilon", "grey levels");
    assertThat(refused("attack", target.toString(), "--protocol", "standart"))
        .contains("'standard'");
    assertThat(refused("attack", target.toString(), "--attack", "fgms")).contains("'fgsm'");
    assertThat(refused("attack", folder.toString())).contains("there is no run");
  }

  @Test
  void givenARunThatWasNotTrainedAgainstAttacks_whenItIsAttacked_thenEpsilonIsAskedFor()
      throws IOException {
    Path source = folder.resolve("source");
    run("run", write("plain.yaml", PLAIN).toString(), "--folder", source.toString());
    // Weights are not looked for: a person should not wait for the message.
    RunFolders.delete(source.resolve("checkpoints"));

    assertThat(refused("attack", source.toString())).contains("--epsilon 8/255");
  }

  @Test
  void givenMistakesInARecipe_whenItIsRead_thenEachErrorNamesKeyAndRemedy() throws IOException {
    assertThat(pruneRefused(PLAIN + "pruning: {sparsity: 90}\n")).contains("90.0 percent are 0.9");
    assertThat(pruneRefused(PLAIN + "pruning: {sparcity: 0.9}\n"))
        .contains("did you mean 'sparsity'");
    assertThat(pruneRefused(PLAIN + "pruning: {sparsity: 0.9, begin_epoch: 1}\n"))
        .contains("begin_epoch", "train.epochs");
    assertThat(pruneRefused(PLAIN + "pruning: {sparsity: 0.9, layers: [fc9]}\n"))
        .contains("'fc9'", "fc1");
    assertThat(pruneRefused(PLAIN + "pruning: {sparsity: 0.9, ranking: all}\n"))
        .contains("layer, global");
    assertThat(
            pruneRefused(
                PLAIN + "penalties: {transformed_l1: {beta: 1}}\npruning: {sparsity: 0.9}\n"))
        .contains("penalties.transformed_l1", "strength");
    assertThat(pruneRefused(PLAIN + "loss: {adversarial: pgd}\npruning: {sparsity: 0.9}\n"))
        .contains("epsilon");
    assertThat(pruneRefused(PLAIN + "loss: {epsilon: 0.1}\npruning: {sparsity: 0.9}\n"))
        .contains("adversarial");
  }

  private String pruneRefused(String recipe) throws IOException {
    return refused(
        "run",
        write("wrong.yaml", recipe).toString(),
        "--folder",
        folder.resolve("wrong").toString());
  }
}
