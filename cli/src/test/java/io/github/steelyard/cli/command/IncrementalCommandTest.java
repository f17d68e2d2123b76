package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.IncrementalFixture;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.incremental.IncrementalStudy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("once")
class IncrementalCommandTest {
  @TempDir Path folder;

  @Test
  void givenSeveralStrategies_whenTheyLearn_thenRunEvaluationAndClassifierFilesAgree()
      throws Exception {
    Path run = folder.resolve("run");

    JsonNode learned = learn(run, "--set", "incremental.strategies=[wa, icarl]");

    assertThat(learned.get("outcome").asText()).isEqualTo("COMPLETED");
    assertThat(learned.get("classes").asInt()).isEqualTo(7);
    for (String strategy : List.of("wa", "icarl")) {
      JsonNode own = learned.at("/strategies/" + strategy);
      assertThat(own.get("accuracies")).hasSize(2);
      assertThat(own.get("final_accuracy")).isEqualTo(own.get("accuracies").get(1));
      assertThat(own.get("average_incremental_accuracy").asDouble())
          .isEqualTo(
              (own.get("accuracies").get(0).asDouble() + own.get("accuracies").get(1).asDouble())
                  / 2);
      assertThat(own.get("forgetting").isNumber()).isTrue();
      assertThat(run.resolve(strategy))
          .isDirectoryContaining(file -> file.endsWith("recipe.yaml"))
          .isDirectoryContaining(file -> file.endsWith("results.json"))
          .isDirectoryContaining(file -> file.endsWith("report.html"));
      List<String> log = Files.readAllLines(run.resolve(strategy).resolve("metrics.jsonl"));
      assertThat(log).hasSize(2);
      assertThat(Json.MAPPER.readTree(log.get(1)).get("new_classes")).hasSize(3);
    }
    assertThat(Files.readString(run.resolve("report.html"))).contains("icarl");
    JsonNode evaluated =
        Json.MAPPER.readTree(IncrementalFixture.run("evaluate", run.toString(), "--json").out());
    assertThat(evaluated.findValuesAsText("strategy")).containsExactly("wa", "icarl");
    assertThat(evaluated.get(0).get("accuracy"))
        .isEqualTo(learned.at("/strategies/wa/final_accuracy"));
    assertThat(evaluated.get(1).get("accuracy"))
        .isEqualTo(learned.at("/strategies/icarl/final_accuracy"));
    JsonNode file =
        Json.MAPPER.readTree(
            IncrementalFixture.run(
                    "evaluate",
                    run.resolve("icarl/exports/classifier.safetensors").toString(),
                    "--json")
                .out());
    assertThat(file.get(0).get("classes")).hasSize(7);
    assertThat(file.get(0).get("accuracy"))
        .isEqualTo(learned.at("/strategies/icarl/by_read_out/softmax/final_accuracy"));
  }

  @Test
  void givenRunsStoppedInsideSteps_whenTheyAreResumed_thenTheyEndAsIfNothingHadHappened()
      throws Exception {
    Path whole = folder.resolve("whole");
    learn(whole, "--set", "incremental.strategies=[wa]");
    Path recipe = whole.resolve("recipe.yaml");
    Path first = Files.createDirectories(folder.resolve("first"));
    Path second = Files.createDirectories(folder.resolve("second"));
    Files.copy(recipe, first.resolve("recipe.yaml"));
    Files.copy(recipe, second.resolve("recipe.yaml"));
    Files.copy(whole.resolve("run.json"), first.resolve("run.json"));
    Files.copy(whole.resolve("run.json"), second.resolve("run.json"));
    IncrementalStudy study = IncrementalFixture.study(recipe);

    IncrementalFixture.stopOften(study, "wa", first.resolve("wa"), 3);
    IncrementalFixture.learn(
        IncrementalFixture.study(recipe, "incremental.steps=[4]"), "wa", second.resolve("wa"));
    Files.copy(
        whole.resolve("wa/recipe.yaml"),
        second.resolve("wa/recipe.yaml"),
        StandardCopyOption.REPLACE_EXISTING);
    IncrementalFixture.stopOften(study, "wa", second.resolve("wa"), 3);
    CommandLineRun inFirst = resume(first);
    CommandLineRun inSecond = resume(second);

    assertThat(inFirst.err()).contains("wa, step 1 of 2");
    assertThat(inSecond.err()).contains("1 of 2 steps are learned").doesNotContain("step 1 of 2 ");
    for (Path resumed : List.of(first, second)) {
      IncrementalFixture.requireSameWeights(whole.resolve("wa"), resumed.resolve("wa"));
      assertThat(IncrementalFixture.results(resumed.resolve("wa")))
          .isEqualTo(IncrementalFixture.results(whole.resolve("wa")));
      assertThat(Files.readAllLines(resumed.resolve("wa/checkpoints/step-002/metrics.jsonl")))
          .hasSameSizeAs(
              Files.readAllLines(whole.resolve("wa/checkpoints/step-002/metrics.jsonl")));
    }
  }

  @Test
  void givenAFinishedRun_whenItIsResumedOrReplaced_thenNothingIsRepeatedOrEverythingIs()
      throws Exception {
    Path run = folder.resolve("run");
    JsonNode first = learn(run, "--set", "incremental.strategies=[finetune]");

    JsonNode resumed =
        Json.MAPPER.readTree(
            IncrementalFixture.run(
                    "run",
                    run.resolve("recipe.yaml").toString(),
                    "--folder",
                    run.toString(),
                    "--resume",
                    "--json")
                .out());
    CommandLineRun again = command(run);
    CommandLineRun inside =
        CommandLineRun.of(
            "run",
            run.resolve("recipe.yaml").toString(),
            "--folder",
            run.resolve("finetune").toString(),
            "--resume");
    CommandLineRun other = command(run, "--resume", "--set", "incremental.strategies=[wa]");
    JsonNode replaced = learn(run, "--set", "incremental.strategies=[wa]", "--replace");

    // The command that asked for it is another one.
    assertThat(((ObjectNode) resumed).remove("provenance")).isNotNull();
    ((ObjectNode) first).remove("provenance");
    assertThat(resumed).isEqualTo(first);
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("--resume", "--replace", "--folder");
    assertThat(inside.err()).contains("is of the kind 'strategy'", "of the kind 'incremental'");
    assertThat(other.err()).contains("incremental.strategies is [\"finetune\"], not [\"wa\"]");
    assertThat(replaced.get("strategies").has("wa")).isTrue();
    assertThat(run.resolve("finetune/results.json")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "incremental.strategies=[wo] | there is no strategy 'wo'",
        "incremental.strategies=[] | must be one or several of finetune, replay",
        "incremental.steps=[4, 0] | incremental.steps.1 must be how many classes",
        "incremental.steps=[] | must hold at least one step",
        "incremental.steps=[4, 7] | steps of [4, 7] classes do not fit",
        "incremental.steps={first: 11, increment: 1} | 10 classes cannot arrive as 11 first",
        "incremental.class_order=[Bag, Dress, Bag] | the class 'Bag' stands twice",
        "incremental.class_order=[Bag, Dress, Coat, Shirt, Sandal, Sneaker, Boot] | has no class 'Boot'",
        "incremental.memory.total=6 | a memory of 6 exemplars has no place for each of 7 classes",
        "incremental.memory.per_class=2 | needs either total",
        "incremental.memory=null | needs the key 'memory' for the strategy wa",
        "incremental.head=act1 | must be a Linear to grow by classes",
        "incremental.temperature=0 | the temperature must be above 0",
        "train.patience=3 | train.patience must be 0",
        "loss.label_smoothing=0.1 | loss.label_smoothing must be 0",
        "model.classes=10 | is decided by the steps",
      })
  void givenARecipeThatCannotBe_whenItIsRun_thenTheMessageSaysWhyAndNothingIsWritten(
      String setting, String message) throws Exception {
    Path run = folder.resolve("run");

    CommandLineRun result = command(run, "--set", setting);

    assertThat(result.err()).contains(message).doesNotContain("bug in Steelyard");
    assertThat(result.code()).isEqualTo(2);
    assertThat(run).doesNotExist();
  }

  @Test
  void givenAClassWithoutASample_whenItsStepIsPlanned_thenTheClassIsNamed() throws Exception {
    Path data = IncrementalFixture.images(folder.resolve("data"), 28, List.of("a", "b", "c"), true);

    CommandLineRun result =
        command(
            folder.resolve("run"),
            "--data",
            data.toString(),
            "--set",
            "data={name: mnist-idx, batch_size: 20}",
            "--set",
            "incremental.steps=[2, 1]");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("the class 'c'", "no sample");
  }

  private static CommandLineRun resume(Path run) {
    return IncrementalFixture.run(
        "run", run.resolve("recipe.yaml").toString(), "--folder", run.toString(), "--resume");
  }

  private JsonNode learn(Path run, String... further) throws Exception {
    CommandLineRun result = command(run, append(further, "--json"));
    assertThat(result.code()).as(result.err()).isZero();
    return Json.MAPPER.readTree(result.out());
  }

  private CommandLineRun command(Path run, String... further) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run", IncrementalFixture.write(folder).toString(), "--folder", run.toString()));
    arguments.addAll(List.of(further));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static String[] append(String[] some, String last) {
    List<String> all = new ArrayList<>(List.of(some));
    all.add(last);
    return all.toArray(String[]::new);
  }
}
