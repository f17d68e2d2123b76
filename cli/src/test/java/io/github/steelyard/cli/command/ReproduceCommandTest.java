package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.console.Json;
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
  /** The smallest model whose weights are scale-invariant. */
  private static final String BASE =
      """
      model: {name: resnet8}
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
    Files.writeString(recipes.resolve("base.yaml"), BASE);
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
    assertThat(Files.readString(runs.resolve("study-norms/report.html")))
        .contains(
            "What papers claim",
            "<tr><th scope=\"row\">norms grow less</th><td>far less | Figure 2</td>",
            "<tr><th scope=\"row\">sgd</th><td>2 of 2</td>");

    CommandLineRun again = reproduce("sgdp", "--json", "--results", page.toString());

    assertThat(again.err()).contains("0 runs are missing").doesNotContain("run 1 of");
    JsonNode study = Json.MAPPER.readTree(again.out()).path("studies").path(0);
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
    return Json.MAPPER.readTree(results.toFile()).at("/scale_invariant/relative_norm").asDouble();
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
    JsonNode values = Json.MAPPER.readTree(run.out());
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
  void givenAStudyWhoseDataAreMissing_whenAllAreReproduced_thenOnlyThatOneIsLeftOut()
      throws Exception {
    Path nowhere = folder.resolve("nowhere");
    Files.writeString(
        recipes.resolve("glyphs.yaml"),
        BASE.replace("name: fashion-mnist", "name: glyphs, folder: " + nowhere));
    Files.writeString(
        recipes.resolve("study-glyphs.yaml"),
        NORMS.replace("recipe: base.yaml", "recipe: glyphs.yaml"));

    CommandLineRun run =
        CommandLineRun.of(
            "reproduce",
            "all",
            "--quick",
            "--recipes",
            recipes.toString(),
            "--folder",
            runs.toString());

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err())
        .containsOnlyOnce(
            "error: study-glyphs is left out: "
                + nowhere
                + " does not exist; draw it from a folder of fonts with: steelyard data glyphs");
    assertThat(run.out()).contains("study-glyphs: 2 runs are missing");
    assertThat(runs.resolve("study-norms/sgd/seed-0/results.json")).exists();
    assertThat(runs.resolve("study-glyphs/sgd")).doesNotExist();
  }

  @Test
  void givenAWrongCommandLine_whenAPaperIsAskedFor_thenNothingRunsAndTheMessageHelps()
      throws Exception {
    assertThat(reproduce("sgpd").err()).contains("there is no paper 'sgpd'; did you mean 'sgdp'?");
    assertThat(reproduce("study-norm").err()).contains("did you mean 'study-norms'?");
    assertThat(reproduce("study-norms", "--show").out())
        .contains("study-norms: 4 runs are missing");
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
}
