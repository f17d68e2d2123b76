package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReproduceCommandTest {
  private static final String BASE =
      """
      model: {name: mlp, hidden: [8]}
      data: {name: fashion-mnist, batch_size: 20, train_samples: 100, test_samples: 50, augment: []}
      optimizer: {name: sgd, lr: 0.3, momentum: 0.9}
      train: {epochs: 2, log_every: 1}
      quick: {train: {epochs: 1}}
      """;
  private static final String NORMS =
      """
      description: Whether it works
      recipe: base.yaml
      seeds: [0, 1]
      measures: {accuracy: metrics.accuracy, norm: scale_invariant.relative_norm}
      axes:
        optimizer: {sgd: {}, sgdp: {optimizer: {name: sgdp, lr: 0.3, momentum: 0.9}}}
      reproduces:
        methods: [sgdp, adamp]
        title: Norm growth
        seconds_per_run: 1
        claims:
          - claim: norms grow less
            paper: "far less | Figure 2"
            measure: norm
            of: {optimizer: sgdp}
            minus: {optimizer: sgd}
            below: 0
          - {claim: more accurate than chance, paper: -, measure: accuracy, of: {optimizer: sgd}, above: 0}
      quick: {seeds: [0]}
      """;

  @TempDir Path folder;
  private Path recipes;
  private Path runs;
  private Path page;

  @BeforeEach
  void write() throws IOException {
    recipes = Files.createDirectory(folder.resolve("recipes"));
    runs = folder.resolve("runs");
    page = folder.resolve("results.md");
    // The smallest model whose weights are scale-invariant.
    Files.writeString(recipes.resolve("base.yaml"), BASE.replace("mlp, hidden: [8]", "resnet8"));
    Files.writeString(recipes.resolve("study-norms.yaml"), NORMS);
    Files.writeString(
        recipes.resolve("study-other.yaml"),
        "recipe: base.yaml\nseeds: [0]\naxes: {variant: {none: {}}}\n");
  }

  private CommandLineRun reproduce(String... arguments) {
    List<String> all = new ArrayList<>(List.of("reproduce"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--recipes", recipes.toString(), "--folder", runs.toString()));
    return CommandLineRun.of(all.toArray(String[]::new));
  }

  @Test
  void givenAPaper_whenItIsReproduced_thenClaimsAreJudgedAndThePageHasRowsWithTheirOrigin()
      throws Exception {
    Files.writeString(
        page, "# Results\nBy hand\n<!-- reproduce study-norms -->\n<!-- end -->\nToo\n");

    CommandLineRun run = reproduce("sgdp", "--results", page.toString());

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .contains(
            "study 1 of 1: study-norms, 4 runs are missing in all",
            "run 1 of 4: sgd, seed 0; about 4.0 s left",
            "run 4 of 4: sgdp, seed 1; about ");
    assertThat(run.out()).contains("norms grow less", "below 0", "page: " + page);
    String text = Files.readString(page);
    assertThat(text)
        .startsWith("# Results\nBy hand\n<!-- reproduce study-norms -->\nWhether it works")
        .endsWith("<!-- end -->\nToo\n")
        .contains(
            "| norms grow less | far less \\| Figure 2 | norm: -",
            "| below 0 | optimizer=sgdp minus optimizer=sgd | 0, 1 |",
            "| more accurate than chance | - | accuracy: ",
            "| sgd | 2 of 2 |",
            "4 runs of 20",
            "Steelyard " + Provenance.version() + " (commit ",
            "threads ",
            " cores. Data (SHA-256): train ",
            "Command: `steelyard reproduce sgdp --results ");
    assertThat(runs.resolve("study-norms/report.html")).isNotEmptyFile();

    CommandLineRun again = reproduce("sgdp", "--json", "--results", page.toString());

    assertThat(again.err()).contains("0 runs are missing").doesNotContain("run 1 of");
    JsonNode study = Output.JSON.readTree(again.out()).path("studies").path(0);
    JsonNode claim = study.path("claims").path(0);
    double grown = norm("sgd", 0);
    double kept = norm("sgdp", 0);
    assertThat(grown).isGreaterThan(1);
    assertThat(claim.at("/by_seed/0").asDouble()).isCloseTo(kept - grown, within(1e-12));
    assertThat(claim.at("/ours/mean").asDouble()).isNegative();
    assertThat(claim.path("verified").asText()).isIn("yes", "undecided");
    assertThat(study.at("/provenance/data/train").path(0).asText()).matches("[0-9a-f]{64}");
    assertThat(study.at("/provenance/seconds").asDouble()).isPositive();
  }

  private double norm(String optimizer, long seed) throws IOException {
    Path results = runs.resolve("study-norms/" + optimizer + "/seed-" + seed + "/results.json");
    return Output.JSON.readTree(results.toFile()).at("/scale_invariant/relative_norm").asDouble();
  }

  @Test
  void givenTheQuickVariant_whenItIsReproduced_thenNothingIsWrittenToAPageAndOneSeedDecidesNothing()
      throws Exception {
    CommandLineRun refused = reproduce("adamp", "--quick", "--results", page.toString());
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("--quick and --results exclude each other");
    assertThat(runs).doesNotExist();

    CommandLineRun run = reproduce("all", "--quick", "--json");

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode values = Output.JSON.readTree(run.out());
    assertThat(values.path("quick").asBoolean()).isTrue();
    assertThat(values.path("page").isNull()).isTrue();
    assertThat(values.path("studies")).hasSize(1);
    assertThat(values.at("/studies/0/claims/0/verified").asText()).isEqualTo("undecided");
    assertThat(page).doesNotExist();
  }

  @Test
  void givenRunsThatFail_whenAPaperIsReproduced_thenThePageStaysAndTheCodeIsOne() throws Exception {
    Files.writeString(
        recipes.resolve("study-norms.yaml"),
        NORMS.replace("lr: 0.3, momentum: 0.9}}}", "lr: 1e30, momentum: 0.9}}}"));
    Files.writeString(page, "kept\n");

    CommandLineRun run = reproduce("all", "--results", page.toString());

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err())
        .contains(
            "failed: sgdp, seed 0",
            "study-norms: 2 of 4 runs are missing, so that " + page + " stays as it is");
    assertThat(run.out()).contains("study-norms: 2 runs are missing");
    assertThat(page).hasContent("kept\n");
    assertThat(reproduce("all", "--show").out()).contains("2 runs are missing in all; about");
  }

  @Test
  void givenAWrongCommandLine_whenAPaperIsAskedFor_thenNothingRunsAndTheMessageHelps()
      throws Exception {
    assertThat(reproduce("sgpd").err()).contains("there is no paper 'sgpd'; did you mean 'sgdp'?");
    assertThat(reproduce("cga").err())
        .contains(
            "no study in " + recipes + " is about 'cga'; there are studies about: adamp, sgdp");
    assertThat(reproduce().err()).contains("missing required parameter");
    Files.writeString(page, "<!-- reproduce study-norms -->\n");
    CommandLineRun open = reproduce("sgdp", "--results", page.toString());
    assertThat(open.code()).isEqualTo(2);
    assertThat(open.err()).contains("line 1 begins the part 'study-norms', but no line");
    recipes = folder.resolve("nowhere");
    CommandLineRun nowhere = reproduce("sgdp");
    assertThat(nowhere.code()).isEqualTo(2);
    assertThat(nowhere.err()).contains("there is no folder");
    recipes = Files.createDirectory(folder.resolve("empty"));
    assertThat(reproduce("all").err()).contains("has a key 'reproduces'");
    assertThat(runs).doesNotExist();
  }

  @Test
  void givenAStudyThatStartsFromATrainedModel_whenItRuns_thenTheModelIsTrainedOnce()
      throws Exception {
    Files.writeString(recipes.resolve("float.yaml"), BASE);
    Files.writeString(
        recipes.resolve("low.yaml"), BASE + "quantization: {weight_bits: 2, activation_bits: 4}\n");
    Path study =
        Files.writeString(
            recipes.resolve("study-low.yaml"),
            """
            recipe: low.yaml
            from: float.yaml
            command: quantize
            seeds: [0]
            measures: {oscillating: quantization.oscillation.end, bytes: quantization.exports.packed.bytes}
            axes:
              weights:
                lsq: {quantization: {method: lsq, oscillation: {every: 1}}}
                statsq: {quantization: {method: statsq, oscillation: {every: 1}}}
            """);

    CommandLineRun run =
        CommandLineRun.of("study", study.toString(), "--folder", runs.toString(), "--json");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).containsOnlyOnce("the model that all runs start from: float");
    JsonNode results = Output.JSON.readTree(runs.resolve("statsq/seed-0/results.json").toFile());
    JsonNode shares = results.at("/quantization/oscillation");
    assertThat(shares.path("peak").asDouble())
        .isGreaterThanOrEqualTo(shares.path("end").asDouble())
        .isBetween(0.0, 1.0);
    assertThat(shares.path("end_fewest_bits").isNumber()).isTrue();
    assertThat(Output.JSON.readTree(run.out()).at("/settings/1/measures/bytes/mean").asDouble())
        .isPositive();
    String made = Files.readString(runs.resolve("_start/metrics.jsonl"));

    CommandLineRun again =
        CommandLineRun.of("study", study.toString(), "--folder", runs.toString());

    assertThat(again.err()).isEmpty();
    assertThat(Files.readString(runs.resolve("_start/metrics.jsonl"))).isEqualTo(made);
    Files.writeString(recipes.resolve("float.yaml"), BASE.replace("lr: 0.3", "lr: 0.2"));
    assertThat(CommandLineRun.of("study", study.toString(), "--folder", runs.toString()).err())
        .contains("_start was started with another recipe: optimizer.lr is 0.3, not 0.2");
  }

  @Test
  void givenAMeasureWhosePlaceNamesAnAxis_whenStrategiesAreStudied_thenEachIsFoundInItsRun()
      throws Exception {
    IncrementalFixture.write(recipes);
    Path study =
        Files.writeString(
            recipes.resolve("study-classes.yaml"),
            """
            recipe: small.yaml
            command: incremental
            seeds: [0]
            measures: {final accuracy: "strategies.{strategy}.final_accuracy"}
            axes:
              strategy:
                finetune: {incremental: {strategies: [finetune]}}
                wa: {incremental: {strategies: [wa]}}
            """);

    CommandLineRun run =
        CommandLineRun.of("study", study.toString(), "--folder", runs.toString(), "--json");

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode own = Output.JSON.readTree(runs.resolve("wa/seed-0/results.json").toFile());
    assertThat(own.at("/provenance/data/train").asText()).matches("[0-9a-f]{64}");
    assertThat(own.path("seconds").asDouble()).isPositive();
    assertThat(
            Output.JSON
                .readTree(run.out())
                .at("/settings/1/measures/final accuracy/mean")
                .asDouble())
        .isEqualTo(own.at("/strategies/wa/final_accuracy").asDouble());
  }

  @Test
  void givenAStudyOfLives_whenItIsReproduced_thenWhatAStageExplainedIsJudgedWithItsOrigin()
      throws Exception {
    Files.writeString(
        recipes.resolve("life.yaml"),
        """
        model: {name: mlp, hidden: [6, 5]}
        data: {name: fashion-mnist, batch_size: 20, train_samples: 100, test_samples: 50, augment: []}
        stages:
          - {kind: train, optimizer: {name: adam, lr: 0.01}, train: {epochs: 1}}
          - {kind: explain, samples: 30}
        """);
    Files.writeString(
        recipes.resolve("study-bases.yaml"),
        """
        description: Whether it works
        recipe: life.yaml
        command: life
        seeds: [0, 1]
        measures: {vectors: explanations.2-explain.needed.local.vectors}
        axes: {network: {perceptron: {}}}
        reproduces:
          methods: [interaction_basis]
          title: Bases
          claims:
            - {claim: some are needed, paper: -, measure: vectors, of: {network: perceptron}, above: 0}
        """);

    CommandLineRun run = reproduce("interaction_basis", "--json", "--results", page.toString());

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode study = Output.JSON.readTree(run.out()).path("studies").path(0);
    assertThat(study.at("/claims/0/by_seed")).hasSize(2);
    assertThat(study.at("/claims/0/ours/mean").asDouble()).isGreaterThanOrEqualTo(2);
    assertThat(study.at("/provenance/data/train").path(0).asText()).matches("[0-9a-f]{64}");
    assertThat(Files.readString(page)).contains("some are needed", "2 runs of 20");
    CommandLineRun again = reproduce("interaction_basis", "--results", page.toString());
    assertThat(again.err()).contains("0 runs are missing").doesNotContain("run 1 of");
  }
}
