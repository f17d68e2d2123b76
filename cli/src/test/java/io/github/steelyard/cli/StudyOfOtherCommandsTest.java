package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Studies whose runs are made by other commands than train. */
@Tag("once")
class StudyOfOtherCommandsTest {
  private static final String DATA =
      "data: {name: fashion-mnist, batch_size: 20, train_samples: 100, test_samples: 50, augment:"
          + " []}\n";
  private static final String BASE =
      DATA
          + """
          model: {name: mlp, hidden: [8]}
          optimizer: {name: sgd, lr: 0.3, momentum: 0.9}
          train: {epochs: 2, log_every: 1}
          """;

  @TempDir Path folder;

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }

  private CommandLineRun study() {
    return CommandLineRun.of(
        "run", folder.resolve("study.yaml").toString(), "--folder", runs().toString(), "--json");
  }

  /** What the study printed, which must succeed. */
  private JsonNode printed() throws IOException {
    CommandLineRun run = study();
    assertThat(run.code()).as(run.err()).isZero();
    return Json.MAPPER.readTree(run.out());
  }

  private Path runs() {
    return folder.resolve("runs");
  }

  private JsonNode results(String run) throws IOException {
    return Json.MAPPER.readTree(runs().resolve(run).resolve("results.json").toFile());
  }

  @Test
  void givenAStudyThatStartsFromATrainedModel_whenItRuns_thenTheModelIsTrainedOnce()
      throws Exception {
    write("float.yaml", BASE);
    write(
        "low.yaml",
        BASE + "quantization: {weight_bits: 2, activation_bits: 4}\nexport: {formats: [packed]}\n");
    write(
        "study.yaml",
        """
        recipe: low.yaml
        start: float.yaml
        seeds: [0]
        measures: {oscillating: quantization.oscillation.end, bytes: export.packed.bytes}
        axes:
          weights:
            lsq: {quantization: {method: lsq, oscillation: {every: 1}}}
            statsq: {quantization: {method: statsq, oscillation: {every: 1}}}
        """);

    CommandLineRun run = study();

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).containsOnlyOnce("the model that runs start from: float");
    JsonNode shares = results("statsq/seed-0").at("/quantization/oscillation");
    assertThat(shares.path("peak").asDouble())
        .isGreaterThanOrEqualTo(shares.path("end").asDouble())
        .isBetween(0.0, 1.0);
    assertThat(shares.path("end_fewest_bits").isNumber()).isTrue();
    assertThat(shares.path("end_near_threshold").doubleValue()).isBetween(0.0, 1.0);
    assertThat(shares.path("threshold_movement").doubleValue()).isPositive();
    assertThat(Json.MAPPER.readTree(run.out()).at("/settings/1/measures/bytes/mean").asDouble())
        .isPositive();
    assertThat(Files.readString(runs().resolve("report.html")))
        .contains(
            "Oscillating weights in training", "Distance to the nearest threshold at the end");
    Path log = runs().resolve("_start/metrics.jsonl");
    String made = Files.readString(log);

    assertThat(study().err()).isEmpty();
    assertThat(Files.readString(log)).isEqualTo(made);
    write("float.yaml", BASE.replace("lr: 0.3", "lr: 0.2"));
    assertThat(study().err())
        .contains("_start was started with another recipe: optimizer.lr is 0.3, not 0.2");
  }

  @Test
  void givenValuesThatChangeTheStart_whenTheStudyRuns_thenSettingsShareTheStartsThatAreAlike()
      throws Exception {
    write("float.yaml", BASE);
    write("again.yaml", BASE);
    write(
        "study.yaml",
        """
        recipe: again.yaml
        start: float.yaml
        start_per_seed: true
        seeds: [0, 1]
        axes:
          variant:
            plain: {}
            faster: {start: {optimizer: {lr: 0.4}}}
            faster_too: {start: {optimizer: {lr: 0.4}}, optimizer: {lr: 0.1}}
          batch:
            16: {data: {batch_size: 16}}
            32: {data: {batch_size: 32}}
        """);

    CommandLineRun run = study();

    assertThat(run.code()).as(run.err()).isZero();
    try (Stream<Path> made = Files.list(runs())) {
      assertThat(
              made.filter(Files::isDirectory)
                  .map(path -> path.getFileName().toString())
                  .filter(name -> name.startsWith("_start")))
          .containsExactlyInAnyOrder(
              "_start-plain-seed-0",
              "_start-plain-seed-1",
              "_start-faster-seed-0",
              "_start-faster-seed-1");
    }
    assertThat(run.err()).contains("float, in _start-faster-seed-1");
    for (long seed : new long[] {0, 1}) {
      Recipe faster = ReadRecipes.file(runs().resolve("_start-faster-seed-" + seed + ".yaml"));
      assertThat(faster.seed()).isEqualTo(seed);
      assertThat(faster.optimizer().learningRate()).isEqualTo(0.4);
      Recipe last = ReadRecipes.file(runs().resolve("faster_too/32/seed-" + seed + ".yaml"));
      assertThat(last.from())
          .hasValueSatisfying(from -> assertThat(from).endsWith("_start-faster-seed-" + seed));
    }
  }

  @Test
  void givenAStartThatCannotBeTrained_whenTheStudyRuns_thenTheOtherSettingsAreMade()
      throws Exception {
    write("float.yaml", BASE);
    write("again.yaml", BASE);
    write(
        "study.yaml",
        """
        recipe: again.yaml
        start: float.yaml
        seeds: [0, 1]
        axes:
          variant:
            broken: {start: {optimizer: {lr: 1.0e+30}}}
            plain: {}
        """);

    CommandLineRun run = study();

    assertThat(run.code()).isNotZero();
    assertThat(run.err())
        .containsOnlyOnce("failed: the model that runs start from, in _start-broken")
        .contains("failed: broken, seed 0", "failed: broken, seed 1")
        .doesNotContain("failed: plain");
    assertThat(results("plain/seed-1").path("outcome").asText()).isEqualTo("COMPLETED");
  }

  @Test
  void givenAChangeOfAStartThatIsNone_whenTheStudyIsRead_thenItIsRefusedWithItsKey()
      throws Exception {
    write("again.yaml", BASE);
    write(
        "study.yaml",
        """
        recipe: again.yaml
        seeds: [0]
        axes:
          variant:
            faster: {start: {optimizer: {lr: 0.4}}}
        """);

    assertThat(study().err()).contains("axes.variant.faster.start", "the study has no key 'start'");
  }

  @Test
  void givenAMeasureWhosePlaceNamesAnAxis_whenStrategiesAreStudied_thenEachIsFoundInItsRun()
      throws Exception {
    IncrementalFixture.write(folder);
    write(
        "study.yaml",
        """
        recipe: small.yaml
        seeds: [0]
        measures: {final accuracy: "strategies.{strategy}.final_accuracy"}
        axes:
          strategy:
            finetune: {incremental: {strategies: [finetune]}}
            wa: {incremental: {strategies: [wa]}}
        """);

    JsonNode printed = printed();

    JsonNode own = results("wa/seed-0");
    assertThat(own.at("/provenance/data/train").asText()).matches("[0-9a-f]{64}");
    assertThat(own.path("seconds").asDouble()).isPositive();
    assertThat(printed.at("/settings/1/measures/final accuracy/mean").asDouble())
        .isEqualTo(own.at("/strategies/wa/final_accuracy").asDouble());
  }

  @Test
  void givenAStudyOfLives_whenItIsReproduced_thenWhatAStageExplainedIsJudgedWithItsOrigin()
      throws Exception {
    write(
        "life.yaml",
        DATA
            + """
            model: {name: mlp, hidden: [6, 5]}
            stages:
              - {kind: train, optimizer: {name: adam, lr: 0.01}, train: {epochs: 1}}
              - {kind: explain, samples: 30}
            """);
    write(
        "study-bases.yaml",
        """
        description: Whether it works
        recipe: life.yaml
        seeds: [0, 1]
        measures: {vectors: explanations.2-explain.needed.local.vectors}
        axes: {network: {perceptron: {}}}
        reproduces:
          methods: [interaction_basis]
          title: Bases
          claims:
            - {claim: some are needed, paper: -, measure: vectors, of: {network: perceptron}, above: 0}
        """);
    Path page = folder.resolve("results.md");
    String[] reproduce = {
      "reproduce",
      "interaction_basis",
      "--recipes=" + folder,
      "--folder=" + runs(),
      "--results=" + page,
      "--json"
    };

    JsonNode study = CommandLineRun.json(reproduce).at("/studies/0");

    assertThat(study.at("/claims/0/by_seed")).hasSize(2);
    assertThat(study.at("/claims/0/ours/mean").asDouble()).isGreaterThanOrEqualTo(2);
    assertThat(study.at("/provenance/data/train").path(0).asText()).matches("[0-9a-f]{64}");
    assertThat(Files.readString(page)).contains("some are needed", "2 runs of 20");
    assertThat(CommandLineRun.of(reproduce).err())
        .contains("0 runs are missing")
        .doesNotContain("run 1 of");
  }
}
