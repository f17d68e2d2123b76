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
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The authors' method of TSCNC through the commands. */
@Tag("once")
class TscncCommandTest {
  private static final String BASE =
      """
      model: {name: conv_small}
      data: {name: fashion-mnist, augment: [], batch_size: 25, train_samples: 100, test_samples: 60}
      """;
  private static final String TRAINING =
      """
      optimizer: {name: sgd, lr: 0.05, weight_decay: 0}
      train: {epochs: 2, checkpoint_every_steps: 2, keep_checkpoints: 100, log_every: 2}
      """;
  private static final String GATES =
      """
      gates: {drop_rate: 0.6}
      penalties: {tsc: {lambda: 0.2, strength: 160}, cnc: {}}
      """;
  private static final String TRADES =
      "loss: {adversarial: trades_published, epsilon: 0.05, step_size: 0.03, steps: 1, beta: 6}\n";
  private static final String SCORES =
      """
      optimizer: {name: sgd, lr: 0.05}
      train: {epochs: 2, checkpoint_every_steps: 2, keep_checkpoints: 100, log_every: 2}
      pruning: {by: scores, keep: 0.1, finetune_epoch: 1}
      """;

  @TempDir Path folder;

  private String write(String name, String... sections) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("", sections)).toString();
  }

  private JsonNode run(String recipe, Path target, String... more) throws IOException {
    List<String> all = new ArrayList<>(List.of("run", recipe, "--folder", target.toString()));
    all.addAll(Arrays.asList(more));
    all.add("--json");
    return json(all.toArray(String[]::new));
  }

  private Path gated() throws IOException {
    Path target = folder.resolve("gated");
    run(write("gated.yaml", BASE, TRAINING, GATES.replace("160", "20")), target);
    return target;
  }

  @Test
  void givenGatesAndBothConstraints_whenItIsTrained_thenTheCompactFileGivesTheSameLogits()
      throws Exception {
    Path target = folder.resolve("run");

    CommandLineRun ran =
        CommandLineRun.of(
            "run",
            write("gated.yaml", BASE, TRAINING, TRADES, GATES),
            "--folder",
            target.toString(),
            "--json");

    JsonNode made = Json.MAPPER.readTree(ran.out());
    JsonNode gates = made.at("/gates");
    assertThat(gates.at("/expected_weights").asDouble())
        .isPositive()
        .isLessThan(gates.at("/weights").asDouble());
    assertThat(gates.at("/expected_flops").asDouble()).isLessThan(gates.at("/flops").asDouble());
    JsonNode second = gates.at("/layers/conv2");
    assertThat(second.at("/open").asInt()).isLessThan(second.at("/gates").asInt());
    assertThat(ran.err())
        .contains(
            "conv2: " + gates.at("/compact/channels/conv2/stay").asInt() + " of 32 channels stay");
    assertThat(gates.at("/compact/largest_difference_of_logits").asDouble()).isLessThan(1e-4);
    assertThat(gates.at("/compact/flops").asDouble()).isLessThan(gates.at("/flops").asDouble());
    assertThat(json("evaluate", target.toString(), "--json").at("/metrics"))
        .isEqualTo(made.at("/metrics"));
    assertThat(Files.readString(target.resolve("report.html"))).contains("Expected open");
    assertThat(Files.readString(target.resolve("metrics.jsonl")))
        .contains("penalty.tsc", "penalty.cnc");
    Scope.run(
        () -> {
          Module fresh = Models.create("conv_small");
          try (SafeTensorsFile open =
              SafeTensors.open(target.resolve("exports/compact.safetensors"))) {
            Map<String, Tensor> state = open.readAll();
            ChannelRemoval.fit(fresh, state);
            fresh.loadStateDict(state);
            assertThat(state.get("conv2.weight").size(0))
                .isEqualTo(gates.at("/compact/channels/conv2/stay").asLong())
                .isLessThan(32);
          }
        });
  }

  @Test
  void givenACompactFile_whenItIsTrainedAttackedEvaluatedAndExported_thenItIsTheSameNetwork()
      throws Exception {
    Path target = folder.resolve("run");
    JsonNode made = run(write("gated.yaml", BASE, TRAINING, GATES), target);
    String compact = target.resolve("exports/compact.safetensors").toString();
    long stay = made.at("/gates/compact/channels/conv2/stay").asLong();
    assertThat(stay).isLessThan(32);

    String still = "optimizer: {name: sgd, lr: 1.0e-30}\ntrain: {epochs: 2}\n";
    Path again = folder.resolve("again");
    JsonNode trained = run(write("again.yaml", BASE, still, "from: " + compact + "\n"), again);
    CommandLineRun resumed =
        CommandLineRun.of(
            "run",
            folder.resolve("again.yaml").toString(),
            "--folder",
            again.toString(),
            "--resume",
            "--set",
            "train.epochs=3");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    json("export", again.toString(), "--format", "safetensors", "--json");
    JsonNode attacked =
        json(
            "attack",
            "conv_small",
            "--weights",
            compact,
            "--dataset",
            "fashion-mnist",
            "--epsilon",
            "0.1",
            "--attack",
            "fgsm",
            "--samples",
            "40",
            "--json");
    JsonNode whole =
        json(
            "attack",
            target.toString(),
            "--epsilon",
            "0.1",
            "--attack",
            "fgsm",
            "--samples",
            "40",
            "--last",
            "--json");

    assertThat(trained.at("/metrics/accuracy")).isEqualTo(made.at("/metrics/accuracy"));
    assertThat(json("evaluate", again.toString(), "--json").at("/metrics/loss").asDouble())
        .isCloseTo(made.at("/metrics/loss").asDouble(), within(1e-5));
    assertThat(attacked.path("clean_accuracy").isNumber()).isTrue();
    assertThat(whole.path("samples")).isEqualTo(attacked.path("samples"));
    try (SafeTensorsFile open = SafeTensors.open(again.resolve("exports/model.safetensors"))) {
      assertThat(Scope.compute(() -> open.readAll().get("conv2.weight").size(0))).isEqualTo(stay);
    }
  }

  @Test
  void givenBothConstraints_whenTheNetworkIsTrained_thenTheirValuesAreLoggedForEachEpoch()
      throws Exception {
    Path target = folder.resolve("run");

    JsonNode made = run(write("gated.yaml", BASE, TRAINING, GATES), target);

    List<JsonNode> epochs = new ArrayList<>();
    for (String line : Files.readAllLines(target.resolve("metrics.jsonl"))) {
      JsonNode event = Json.MAPPER.readTree(line);
      if (event.path("event").asText().equals("epoch")) {
        epochs.add(event);
      }
    }
    assertThat(epochs).hasSize(2);
    // Ten classes begin far below 1e-5, where the constraint is a constant.
    double plain = Math.pow(Math.log(1e-5), 2);
    for (JsonNode epoch : epochs) {
      assertThat(epoch.path("penalty.cnc").asDouble()).isCloseTo(plain, within(1e-3));
      assertThat(epoch.path("penalty.tsc").asDouble()).isPositive();
    }
    assertThat(made.at("/penalties/tsc")).isEqualTo(epochs.get(1).path("penalty.tsc"));
    assertThat(made.at("/penalties/cnc")).isEqualTo(epochs.get(1).path("penalty.cnc"));
    assertThat(Files.readString(target.resolve("report.html")))
        .contains("penalty cnc at the end", "What each penalty adds to the loss");
  }

  @Test
  void givenThePublishedAverage_whenItIsMonitored_thenItIsReadAsTheAuthorsReadIt()
      throws Exception {
    String steps = "optimizer: {name: sgd, lr: 1.0e-30}\ntrain: {epochs: 1, average_decay: 0.5,";
    Path usual = folder.resolve("usual");
    Path published = folder.resolve("published");

    run(write("u.yaml", BASE, steps + " monitor: average.accuracy}\n"), usual);
    run(
        write("p.yaml", BASE, steps + " average: published, monitor: average.accuracy}\n"),
        published);

    long updates =
        Json.MAPPER.readTree(published.resolve("results.json").toFile()).path("steps").asLong();
    // Weights that do not move are too large by the factor that their code leaves in.
    double factor = 1 / (1 - Math.pow(0.5, (double) updates));
    Scope.run(
        () -> {
          Tensor own =
              Checkpoint.readScored(usual.resolve("checkpoints/best.safetensors"))
                  .get("fc2.weight");
          Tensor theirs =
              Checkpoint.readScored(published.resolve("checkpoints/best.safetensors"))
                  .get("fc2.weight");
          assertThat(theirs.div(own).sub(new Scalar(factor)).abs().max().item_double())
              .isLessThan(1e-5);
        });
    assertThat(
            refused(
                "run",
                write(
                    "r.yaml",
                    BASE,
                    "optimizer: {name: sgd, lr: 0.1}\ntrain: {average: published}\n")))
        .contains("is 'published', but", "0 (no average)");
  }

  @Test
  void givenAGatedRunKilledInTraining_whenItIsResumed_thenTheFilesAreTheSameBitForBit()
      throws Exception {
    Path whole = gated();
    Path killed = folder.resolve("killed");
    RunFolders.copyKilledAfter(2, whole, killed);

    run(folder.resolve("gated.yaml").toString(), killed, "--resume");

    String name = "exports/compact.safetensors";
    RunFolders.requireEqual(whole.resolve(name), killed.resolve(name));
  }

  @Test
  void givenAGatedRun_whenScoresPruneIt_thenTheMaskIsExactAndAResumedRunIsTheSameBitForBit()
      throws Exception {
    String recipe = write("scores.yaml", BASE, SCORES);
    Path whole = folder.resolve("whole");
    String from = "from=" + gated();

    JsonNode made = run(recipe, whole, "--set", from);

    assertThat(made.at("/pruning/sparsity").asDouble()).isCloseTo(0.9, within(1e-3));
    assertThat(made.at("/pruning/metrics/loss").asDouble())
        .isCloseTo(
            json("evaluate", whole.toString(), "--json").at("/metrics/loss").asDouble(),
            within(1e-6));
    Path masked = whole.resolve("exports/masked.safetensors");
    try (SafeTensorsFile open = SafeTensors.open(masked)) {
      assertThat(open.tensors())
          .containsKeys(
              "conv1.parametrizations.weight.original", "conv1.parametrizations.weight.0.mask")
          .doesNotContainKey("conv1.parametrizations.weight.0.score");
    }
    Path killed = folder.resolve("killed");
    for (int step : new int[] {2, 6}) { // While the scores are trained, and while the weights are.
      RunFolders.copyKilledAfter(step, whole, killed);
      run(recipe, killed, "--resume", "--set", from);
      for (String file : new String[] {"dense", "masked"}) {
        String name = "exports/" + file + ".safetensors";
        RunFolders.requireEqual(whole.resolve(name), killed.resolve(name));
      }
      RunFolders.delete(killed);
    }
  }

  @Test
  void givenALifeWithGatesAndScores_whenItIsQuantized_thenItsZerosStay() throws Exception {
    String life =
        write(
            "life.yaml",
            BASE,
            """
            stages:
              - {kind: train, optimizer: {name: sgd, lr: 0.05, weight_decay: 0}, train: {epochs: 1},
                 gates: {drop_rate: 0.6}, penalties: {tsc: {}, cnc: {}}}
              - {kind: prune, optimizer: {name: sgd, lr: 0.05}, train: {epochs: 2},
                 pruning: {by: scores, keep: 0.1, finetune_epoch: 1}}
              - {kind: quantize, optimizer: {name: sgd, lr: 0.001}, train: {epochs: 1},
                 quantization: {method: lsq, weight_bits: 4, activation_bits: 8}}
            """);

    JsonNode made = run(life, folder.resolve("life"));

    assertThat(made.at("/stages/1/sparsity").asDouble()).isCloseTo(0.9, within(1e-3));
    assertThat(made.at("/stages/2/sparsity").asDouble())
        .isGreaterThanOrEqualTo(made.at("/stages/1/sparsity").asDouble());
    assertThat(Files.readString(folder.resolve("life/report.html")))
        .doesNotContain("penalties  and");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "penalties: {tsc: {}}|penalties.tsc needs the section 'gates'",
        "gates: {}; pruning: {filters: {rate: 0.5}}|gates: cannot stand beside pruning.filters",
        "gates: {}; pruning: {by: scores, keep: 0.1}|gates: cannot stand beside pruning by scores",
        "pruning: {by: scores, keep: 0.1, begin_epoch: 1}|they choose from the first step on",
        "pruning: {by: scores, keep: 0.1, filters: {rate: 0.5}}|they choose single weights",
        "freeze: {layers: [conv1]}; pruning: {by: scores, keep: 0.1}|cannot be scores beside freeze",
        "pruning: {by: scores}|needs the key 'keep'",
        "pruning: {by: scores, keep: 1.5}|keep must be above 0 and below 1",
        "pruning: {by: scores, keep: 0.1, finetune_epoch: 2}|below train.epochs, which is 2",
        "pruning: {by: score, keep: 0.1}|pruning.by must be one of magnitude, scores",
        "pruning: {keep: 0.1, sparsity: 0.9}|keep: cannot stand beside sparsity",
        "gates: {}; penalties: {tsc: {}}; optimizer: {name: sgd, weight_decay: 0.1}"
            + "|weights would decay twice",
        "gates: {drop_rate: 2}|gates.drop_rate must be above 0 and below 1",
      })
  void givenACombinationWithoutSense_whenItRuns_thenItIsRefusedWithTheReason(
      String sections, String reason) throws IOException {
    String more = sections.replace("; ", "\n");
    String training = more.contains("optimizer") ? "train: {epochs: 2}\n" : TRAINING;

    assertThat(refused("run", write("refused.yaml", BASE, training, more + "\n"))).contains(reason);
  }

  @Test
  void givenOneClass_whenItsConditionIsAsked_thenItIsRefusedBeforeTheTraining() throws IOException {
    String recipe =
        write(
            "one.yaml",
            BASE.replace("{name: conv_small}", "{name: conv_small, classes: 1}"),
            TRAINING,
            "penalties: {cnc: {}}\n");

    assertThat(refused("run", recipe, "--folder", folder.resolve("one").toString()))
        .contains("class");
    assertThat(folder.resolve("one/checkpoints")).doesNotExist();
  }
}
