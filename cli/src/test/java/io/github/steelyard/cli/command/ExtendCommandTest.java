package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.IncrementalFixture;
import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.cli.RunFolders;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.incremental.Extension;
import io.github.steelyard.cli.incremental.ExtensionRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class ExtendCommandTest {
  @TempDir Path folder;
  private Path run;
  private Path own;

  @BeforeEach
  void learnTwoSteps() throws Exception {
    run = folder.resolve("run");
    own = run.resolve("wa");
    IncrementalFixture.run(
        "run",
        IncrementalFixture.write(folder).toString(),
        "--folder",
        run.toString(),
        "--set",
        "incremental.strategies=[wa]");
  }

  @Test
  void givenAFinishedRun_whenItLearnsFurtherClasses_thenTheyAreAStepMoreAndTheOthersStay()
      throws Exception {
    JsonNode before = IncrementalFixture.results(own);

    JsonNode extended = extend("--classes", "Bag,Sneaker", "--json");

    assertThat(extended.get("step_sizes").toString()).isEqualTo("[4,3,2]");
    assertThat(extended.get("accuracies")).hasSize(3);
    assertThat(extended.get("accuracies").get(1)).isEqualTo(before.get("accuracies").get(1));
    assertThat(evaluate().get(0).get("classes")).hasSize(9);
    assertThat(evaluate().get(0).get("accuracy")).isEqualTo(extended.get("final_accuracy"));
    CommandLineRun resumed =
        CommandLineRun.of(
            "run", run.resolve("recipe.yaml").toString(), "--folder", run.toString(), "--resume");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(evaluate().get(0).get("classes")).as("after a resume").hasSize(9);
  }

  @Test
  void givenAnotherDataSet_whenItsClassesAreLearned_thenAllClassesOfBothAreMeasured()
      throws Exception {
    Path data = IncrementalFixture.images(folder.resolve("bands"), 28, List.of("a", "b"), false);

    extend("--classes", "a", "--dataset", "mnist-idx", "--data", data.toString(), "--json");
    JsonNode extended =
        extend("--classes", "b", "--dataset", "mnist-idx", "--data", data.toString(), "--json");

    assertThat(extended.get("step_sizes").toString()).isEqualTo("[4,3,1,1]");
    JsonNode evaluated = evaluate().get(0);
    assertThat(evaluated.get("classes").get(8).asText()).isEqualTo("b");
    assertThat(evaluated.get("samples").asLong()).isEqualTo(7 * 20 + 2 * 20);
    assertThat(evaluated.get("accuracy")).isEqualTo(extended.get("final_accuracy"));
    JsonNode file =
        Json.MAPPER.readTree(
            IncrementalFixture.run(
                    "evaluate", own.resolve("exports/classifier.safetensors").toString(), "--json")
                .out());
    assertThat(file.get(0).get("accuracy")).isEqualTo(extended.get("final_accuracy"));
  }

  @Test
  void givenClassesThatCannotBeLearned_whenARunIsExtended_thenTheReasonIsGivenAndNothingChanges()
      throws Exception {
    Path empty = IncrementalFixture.images(folder.resolve("empty"), 28, List.of("a", "b"), true);
    Path large = IncrementalFixture.images(folder.resolve("large"), 20, List.of("a", "b"), false);
    byte[] learner = Files.readAllBytes(own.resolve("checkpoints/learner.safetensors"));
    byte[] recipe = Files.readAllBytes(own.resolve("recipe.yaml"));

    refused("the class 'Coat' was seen before, in step 2", "--classes", "Bag,Coat");
    refused("stands twice", "--classes", "Bag,Bag");
    refused("has no class 'Bug'", "--classes", "Bug");
    refused("at least one new class");
    refused("at least one new class", "--classes", "");
    refused(
        "holds no sample of the class 'b'",
        "--classes",
        "b",
        "--dataset",
        "mnist-idx",
        "--data",
        empty.toString());
    refused(
        "the images of", "--classes", "b", "--dataset", "mnist-idx", "--data", large.toString());
    refused("no strategy 'replay'", "--classes", "Bag", "--strategy", "replay");
    refused("no interrupted extension", "--resume");

    assertThat(own.resolve("checkpoints/learner.safetensors")).hasBinaryContent(learner);
    assertThat(own.resolve("recipe.yaml")).hasBinaryContent(recipe);
  }

  @Test
  void givenAnExtensionThatFailsWhileItLearns_whenTheRunIsLookedAt_thenItIsAsBefore()
      throws Exception {
    byte[] recipe = Files.readAllBytes(own.resolve("recipe.yaml"));
    PrintWriter broken =
        new PrintWriter(Writer.nullWriter()) {
          @Override
          public void println(String line) {
            throw new IllegalStateException("broken");
          }
        };
    Session session = new Session(broken, List.of("test"), Stop.never());

    assertThatThrownBy(() -> extension().learn(session)).hasMessage("broken");

    assertThat(own.resolve("recipe.yaml")).hasBinaryContent(recipe);
    assertThat(evaluate().get(0).get("classes")).hasSize(7);
  }

  @Test
  void givenAnInterruptedExtension_whenItIsResumed_thenItEndsAsIfNothingHadHappened()
      throws Exception {
    Path copy = folder.resolve("copy");
    RunFolders.copy(run, copy);
    interrupt();

    CommandLineRun other = CommandLineRun.of("extend", run.toString(), "--classes", "Sneaker");
    IncrementalFixture.run("extend", run.toString(), "--resume");
    IncrementalFixture.run("extend", copy.toString(), "--classes", "Bag");

    assertThat(other.err()).contains("[Bag] was interrupted", "--resume", "--replace");
    IncrementalFixture.requireSameWeights(copy.resolve("wa"), own);
    assertThat(IncrementalFixture.results(own))
        .isEqualTo(IncrementalFixture.results(copy.resolve("wa")));
  }

  @Test
  void givenAnInterruptedExtension_whenAnotherReplacesIt_thenOnlyTheOtherIsLearned()
      throws Exception {
    interrupt();

    JsonNode extended = extend("--classes", "Sneaker", "--replace", "--json");

    assertThat(extended.get("class_order").get(7).asText()).isEqualTo("Sneaker");
    assertThat(extended.get("step_sizes").toString()).isEqualTo("[4,3,1]");
  }

  private Extension extension() throws Exception {
    Recipe recipe = ReadRecipes.file(own.resolve("recipe.yaml"));
    return new Extension(own, recipe, new ExtensionRecipe(List.of("Bag"), null, null), false);
  }

  private void interrupt() throws Exception {
    extension()
        .learn(
            new Session(
                new PrintWriter(Writer.nullWriter()),
                List.of("test"),
                IncrementalFixture.stopsAfterOneStep()));
  }

  private JsonNode extend(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("extend", run.toString()));
    all.addAll(List.of(arguments));
    return Json.MAPPER.readTree(IncrementalFixture.run(all.toArray(String[]::new)).out());
  }

  private void refused(String message, String... arguments) {
    List<String> all = new ArrayList<>(List.of("extend", run.toString()));
    all.addAll(List.of(arguments));
    CommandLineRun result = CommandLineRun.of(all.toArray(String[]::new));
    assertThat(result.err()).contains(message).doesNotContain("bug in Steelyard");
    assertThat(result.code()).isEqualTo(2);
  }

  private JsonNode evaluate() throws Exception {
    return Json.MAPPER.readTree(IncrementalFixture.run("evaluate", own.toString(), "--json").out());
  }
}
