package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.console.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class ExplainCommandTest {
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [12, 10]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 500, test_samples: 100}
      optimizer: {name: adam, lr: 0.01}
      train: {epochs: 1}
      """;

  @TempDir Path folder;
  private Path run;

  @BeforeEach
  void train() throws Exception {
    run = folder.resolve("run");
    Path recipe = Files.writeString(folder.resolve("mlp.yaml"), RECIPE);
    CommandLineRun trained =
        CommandLineRun.of("run", recipe.toString(), "--folder", run.toString());
    assertThat(trained.code()).as(trained.err()).isZero();
  }

  @Test
  void givenARun_whenItIsExplained_thenTheReportHoldsGraphCurvesAndTables() throws Exception {
    CommandLineRun explained =
        CommandLineRun.of("explain", run.toString(), "--samples", "60", "--json");

    assertThat(explained.code()).as(explained.err()).isZero();
    JsonNode json = Json.MAPPER.readTree(explained.out());
    assertThat(json.at("/layers")).hasSize(3);
    assertThat(json.at("/layers/0/name").asText()).isEqualTo("hidden1");
    assertThat(json.at("/layers/0/width").asInt()).isEqualTo(13);
    assertThat(json.at("/layers/2/rank").asInt()).isEqualTo(10);
    assertThat(json.at("/degeneracy/parameters").asInt())
        .isEqualTo(784 * 12 + 12 + 12 * 10 + 10 + 10 * 10 + 10);
    assertThat(json.at("/random_modularity")).hasSize(10);
    String page = Files.readString(run.resolve("explain.html"));
    assertThat(json.path("interaction").isMissingNode()).isTrue();
    assertThat(page)
        .doesNotContain("Which interactions carry the most")
        .contains("graph-data", "hidden1, basis vector 2", "local interaction basis")
        .contains("principal components", "Degeneracy of linear layers", "Units that fire together")
        .containsPattern("at image \\d+ \\(");
  }

  @Test
  void givenARun_whenItsEdgesAreCounted_thenEachBasisSaysHowManyOfThemAreNeeded() throws Exception {
    CommandLineRun explained =
        CommandLineRun.of("explain", run.toString(), "--samples", "60", "--edges", "--json");

    assertThat(explained.code()).as(explained.err()).isZero();
    JsonNode json = Json.MAPPER.readTree(explained.out());
    assertThat(json.at("/edges")).hasSize(2);
    assertThat(json.at("/edges/0/from").asText()).isEqualTo("hidden1");
    assertThat(json.at("/edges/1/to").asText()).isEqualTo("output");
    assertThat(json.at("/edges/0/all").asInt()).isEqualTo(13 * 11);
    for (String[] names :
        new String[][] {
          {"local", "local interaction basis"},
          {"svd", "principal components"},
          {"neuron", "neurons"}
        }) {
      int first = json.at("/edges/0/needed/" + names[1]).asInt();
      int second = json.at("/edges/1/needed/" + names[1]).asInt();
      JsonNode needed = json.path("needed").path(names[0]);
      assertThat(first).isBetween(1, 13 * 11);
      assertThat(needed.path("edges").asInt()).isEqualTo(first + second);
      assertThat(needed.path("edges_of_chosen").asDouble())
          .isEqualTo(json.at("/needed/local/edges").asDouble() / (first + second));
      assertThat(needed.path("vectors").asInt())
          .isEqualTo(
              json.at("/ablation/layers/0/bases/" + names[1] + "/needed").asInt()
                  + json.at("/ablation/layers/1/bases/" + names[1] + "/needed").asInt());
    }
    assertThat(json.path("effective_share").asDouble()).isBetween(0.0, 1.0);
    assertThat(json.path("modularity_above_random").isNumber()).isTrue();
    assertThat(Files.readString(run.resolve("explain.html")))
        .contains("Edges needed to keep the loss within 0.05");
  }

  @Test
  void givenZeroSamples_whenARunIsExplained_thenAllOfThemAreTaken() throws Exception {
    assertThat(CommandLineRun.of("explain", run.toString(), "--samples", "0").code()).isZero();
    try (var folders = Files.list(run.resolve("explain"))) {
      assertThat(folders.map(stages -> stages.getFileName().toString()))
          .singleElement(InstanceOfAssertFactories.STRING)
          .startsWith("local-100-");
    }
  }

  @Test
  void givenAnExplainedRun_whenItIsExplainedAgain_thenItsStagesAreUsed() throws Exception {
    assertThat(CommandLineRun.of("explain", run.toString(), "--samples", "60").code()).isZero();
    Path stages;
    try (var folders = Files.list(run.resolve("explain"))) {
      stages = folders.findFirst().orElseThrow();
    }
    FileTime before = Files.getLastModifiedTime(stages.resolve("edges.0.safetensors"));

    CommandLineRun again = CommandLineRun.of("explain", run.toString(), "--samples", "60");
    CommandLineRun other =
        CommandLineRun.of("explain", run.toString(), "--samples", "60", "--basis", "svd");

    assertThat(again.out())
        .contains(
            "hidden2",
            "parameters are effective at least (60 samples cannot show the rank of the 785 inputs"
                + " of fc1",
            "report: ");
    assertThat(Files.getLastModifiedTime(stages.resolve("edges.0.safetensors"))).isEqualTo(before);
    assertThat(other.code()).as(other.err()).isZero();
  }

  @Test
  void givenIndependentBlocks_whenTheyAreExplained_thenBasesAreComparedAtTheBlocksAnswers()
      throws Exception {
    Path blocks = folder.resolve("blocks");
    String[] train = {
      "run",
      "../recipes/block-mlp.yaml",
      "--folder",
      blocks.toString(),
      "--set",
      "data.samples=3000",
      "--set",
      "train.epochs=6"
    };
    CommandLineRun trained = CommandLineRun.of(train);
    assertThat(trained.code()).as(trained.err()).isZero();

    CommandLineRun explained =
        CommandLineRun.of(
            "explain",
            blocks.toString(),
            "--samples",
            "500",
            "--json",
            "--compare",
            "integrated_gradient",
            "--resolution",
            "0.5",
            "--resolutions",
            "0.25,2",
            "--without-output");

    assertThat(explained.code()).as(explained.err()).isZero();
    JsonNode json = Json.MAPPER.readTree(explained.out());
    assertThat(json.at("/layers/2/name").asText()).isEqualTo("answers");
    assertThat(json.at("/layers/2/rank").asInt()).isEqualTo(5);
    assertThat(json.at("/ablation/layers")).hasSize(2);
    JsonNode bases = json.at("/ablation/layers/0/bases");
    assertThat(bases.properties()).hasSize(4);
    assertThat(bases.at("/local interaction basis/needed").asInt()).isBetween(1, 33);
    assertThat(json.at("/reduction").properties()).isNotEmpty();
    assertSharesFall(json.path("interaction"));
    JsonNode communities = json.path("communities");
    assertThat(communities.at("/neuron/purity").asDouble()).isEqualTo(1);
    assertThat(communities.at("/neuron/sweep/0/agreement").asDouble()).isEqualTo(1);
    assertThat(communities.at("/local/purity").asDouble()).isBetween(0.5, 1.0);
    assertThat(communities.at("/local/modularity")).isEqualTo(json.path("modularity"));
    assertThat(communities.at("/local/sweep/1/resolution").asDouble()).isEqualTo(2);
    assertThat(communities.at("/local/sweep/1/modules").asInt())
        .isGreaterThanOrEqualTo(communities.at("/local/sweep/0/modules").asInt());
    String page = Files.readString(blocks.resolve("explain.html"));
    assertThat(page)
        .contains("Which interactions carry the most", "Interaction from hidden2 to answers")
        .contains("Edges that carry 90 % of the interaction", "Modules in each basis")
        .contains("Modules by resolution", "agreement with the parts of the data")
        .contains("\"name\":\"neurons\"", "\"name\":\"integrated-gradient basis\"")
        .contains("hidden2, neuron 32");
  }

  /** What is drawn of the edges' norms must agree with itself in each basis. */
  private static void assertSharesFall(JsonNode sections) {
    assertThat(sections).hasSize(2);
    for (JsonNode section : sections) {
      JsonNode bases = section.path("bases");
      assertThat(bases.propertyStream().map(Map.Entry::getKey))
          .containsExactly("local", "integrated_gradient", "svd", "neuron");
      for (JsonNode basis : bases) {
        int half = basis.path("carrying_half").asInt();
        int most = basis.path("carrying_90_percent").asInt();
        assertThat(half).isBetween(1, most);
        assertThat(most).isLessThanOrEqualTo(basis.path("possible").asInt());
        double largest = basis.at("/largest/0/share").asDouble();
        assertThat(largest).isBetween(basis.at("/largest/1/share").asDouble(), 1.0);
        assertThat(half * largest).isGreaterThanOrEqualTo(0.5);
      }
      assertThat(bases.at("/local/carrying_90_percent").asInt())
          .isLessThan(bases.at("/neuron/carrying_90_percent").asInt());
    }
    assertThat(sections.at("/0/bases/neuron/possible").asInt()).isEqualTo(32 * 32);
  }

  @Test
  void givenSumsModuloAPrime_whenTheyAreLearnedAndExplained_thenTheDataIsNamedBySums()
      throws Exception {
    Path sums = folder.resolve("sums");
    CommandLineRun trained =
        CommandLineRun.of(
            "run", "../recipes/modular-addition.yaml", "--quick", "--folder", sums.toString());
    assertThat(trained.code()).as(trained.err()).isZero();

    CommandLineRun explained = CommandLineRun.of("explain", sums.toString());

    assertThat(explained.code()).as(explained.err()).isZero();
    assertThat(explained.out()).contains("embedded", "residual_mid", "residual_post", "output");
    assertThat(Files.readString(sums.resolve("explain.html")))
        .containsPattern("at \\d \\+ \\d \\(");
  }

  @Test
  void givenWrongKeysOfComputedData_whenARecipeIsRead_thenTheNearestIsNamed() throws Exception {
    Path recipe = Path.of("../recipes/modular-addition.yaml");
    assertThat(CommandLineRun.of("run", recipe.toString(), "--set", "data.prim=7").err())
        .contains("unknown key 'data.prim'", "did you mean 'prime'");
    assertThat(CommandLineRun.of("run", recipe.toString(), "--set", "data.prime=1").err())
        .contains("prime must be from 2 to 200, but is 1");
    assertThat(CommandLineRun.of("run", recipe.toString(), "--set", "data.folder=here").err())
        .contains("must be left out: the data set modular-addition is computed");
    CommandLineRun other =
        CommandLineRun.of(
            "run", recipe.toString(), "--set", "data={name: fashion-mnist, batch_size: 9}");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("takes samples of 3 rows");
  }

  @Test
  void givenWrongArguments_whenARunIsExplained_thenTheErrorSaysWhatWouldBeRight() {
    assertRefused("'hiden1'; did you mean 'hidden1'?", "--layers", "hiden1,output");
    assertRefused("samples must be at least 2, or 0 for all, but is 1", "--samples", "1");
    assertRefused("samples must be at least 2, or 0 for all, but is -3", "--samples", "-3");
    assertRefused("resolution must be above 0", "--resolution", "0");
    assertRefused("resolutions must be above 0", "--resolutions", "1,-2");
    CommandLineRun nowhere = CommandLineRun.of("explain", folder.toString());
    assertThat(nowhere.code()).isEqualTo(2);
    assertThat(nowhere.err()).contains("there is no run in");
    assertThat(run.resolve("explain.html")).doesNotExist();
  }

  @Test
  void givenNoFolderForTheStages_whenARunIsExplained_thenTheErrorSaysWhereAndWhy()
      throws Exception {
    Files.writeString(run.resolve("explain"), "in the way");

    CommandLineRun failed = CommandLineRun.of("explain", run.toString(), "--samples", "60");

    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err())
        .contains("error: " + run.resolve("explain"))
        .doesNotContain("may be a bug", "Exception");
    assertThat(run.resolve("explain.html")).doesNotExist();
  }

  private void assertRefused(String reason, String... options) {
    String[] arguments = new String[options.length + 2];
    arguments[0] = "explain";
    arguments[1] = run.toString();
    System.arraycopy(options, 0, arguments, 2, options.length);
    CommandLineRun refused = CommandLineRun.of(arguments);
    assertThat(refused.code()).as(refused.err()).isEqualTo(2);
    assertThat(refused.err()).contains(reason);
  }
}
