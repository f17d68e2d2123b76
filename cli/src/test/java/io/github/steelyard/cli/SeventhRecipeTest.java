package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.study.Study;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A section of a method from outside this project, as docs/architecture.md adds it, in recipes. */
@Tag("once")
class SeventhRecipeTest {
  private static final String RECIPE =
      """
      model: {name: resnet8}
      data: {name: fashion-mnist, batch_size: 20, train_samples: 80, test_samples: 40}
      optimizer: {name: adamp, lr: 0.01}
      train: {epochs: 2, checkpoint_every_steps: 1, keep_checkpoints: 100}
      weight_standardization: {layers: ["layer*.conv*"]}
      """;
  @TempDir Path folder;

  private String write(String content) throws IOException {
    return Files.writeString(folder.resolve("recipe.yaml"), content).toString();
  }

  private String run(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void givenARecipeWithTheSection_whenItIsTrainedAndResumed_thenItEndsInTheSameBits()
      throws Exception {
    String recipe = write(RECIPE);

    json("run", recipe, "--folder", run("whole"), "--json");
    RunFolders.copyKilledAfter(3, folder.resolve("whole"), folder.resolve("killed"));
    json("run", recipe, "--folder", run("killed"), "--resume", "--json");

    String last = "checkpoints/step-000000008.safetensors";
    RunFolders.requireEqual(
        folder.resolve("whole").resolve(last), folder.resolve("killed").resolve(last));
    assertThat(Files.readString(folder.resolve("killed/recipe.yaml")))
        .contains("weight_standardization:", "epsilon: 1.0E-5", "layer*.conv*");
    JsonNode results = Json.MAPPER.readTree(folder.resolve("whole/results.json").toFile());
    assertThat(results.at("/provenance/configuration/weight_standardization/epsilon").asDouble())
        .isEqualTo(1e-5);
    assertThat(
            refused(
                "run",
                recipe,
                "--folder",
                run("killed"),
                "--resume",
                "--set",
                "weight_standardization.epsilon=1e-3"))
        .contains("weight_standardization.epsilon is");
  }

  @Test
  void givenATrainedRun_whenItIsEvaluatedExportedAndQuantized_thenEveryFormComputesTheSame()
      throws Exception {
    JsonNode trained = json("run", write(RECIPE), "--folder", run("run"), "--json");

    assertThat(json("evaluate", run("run"), "--json").at("/metrics"))
        .isEqualTo(trained.at("/metrics"));
    json("export", run("run"), "--format", "onnx", "--json");
    Path file =
        Path.of(
            json("export", run("run"), "--format", "safetensors", "--json").at("/file").asText());
    Scope.run(
        () -> {
          Tensor weight = RunFolders.read(file).get("layer1.0.conv1.weight");
          assertThat(weight.select(0, 0).mean().item_double()).isCloseTo(0, within(1e-5));
          assertThat(weight.select(0, 0).square().mean().item_double()).isCloseTo(1, within(0.01));
        });
    String plain = write(RECIPE.substring(0, RECIPE.indexOf("weight_standardization")));
    JsonNode continued =
        json(
            "run",
            plain,
            "--folder",
            run("plain"),
            "--set",
            "model.weights='" + file + "'",
            "--set",
            "optimizer.lr=0",
            "--set",
            "train.epochs=1",
            "--json");
    assertThat(continued.at("/metrics/accuracy").isNumber()).isTrue();
    JsonNode quantized =
        json(
            "run",
            write(RECIPE),
            "--set",
            "quantization={weight_bits: 4, activation_bits: 8, query_key_reparameterization: false}",
            "--set",
            "weight_standardization.layers=[layer1.0.conv1]",
            "--set",
            "export.formats=[packed]",
            "--set",
            "from=" + run("run"),
            "--folder",
            run("quantized"),
            "--json");
    assertThat(quantized.at("/quantization/full_precision")).isEqualTo(trained.at("/metrics"));
    assertThat(quantized.at("/export/packed/read_back"))
        .isEqualTo(quantized.at("/quantization/quantized"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "weight_standardization={} | weight_standardization needs the key 'layers', such as layers:"
            + " [\"layer*.conv*\"]",
        "weight_standardization.epsilon=0 | --set weight_standardization.epsilon=0:"
            + " weight_standardization.epsilon",
        "weight_standardization.epsilon=small | weight_standardization.epsilon must be a number,"
            + " but is the text 'small'",
        "weight_standardization.epsilom=1 | did you mean 'epsilon'?",
        "weight_standardization.layers=conv1 | weight_standardization.layers must be a list",
        "weight_standardization.layers=[] | layers must be patterns of layers",
        "weight_standardization.layers=[layer9*] | 'layer9*' matches no layer",
        "weight_standardization=3 | weight_standardization must be a mapping",
        "weight_standardisation={} | did you mean 'weight_standardization'?",
        "weight_standardisation={} | not on the class path: name it in the environment variable"
            + " STEELYARD_CLASSPATH",
      })
  void givenAMistakeInTheSection_whenItIsRead_thenItsPlaceAndTheRemedyAreNamed(
      String setting, String message) throws IOException {
    assertThat(refused("run", write(RECIPE), "--folder", run("run"), "--set", setting))
        .contains(message);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void givenAStudy_whenAnAxisHasTheSection_thenOnlyItsRecipesHaveIt() throws IOException {
    Files.writeString(folder.resolve("base.yaml"), RECIPE.replaceFirst("weight_.*\\n", ""));
    Path study =
        Files.writeString(
            folder.resolve("study.yaml"),
            """
            recipe: base.yaml
            seeds: [0]
            axes:
              weights:
                free: {}
                standardized: {weight_standardization: {layers: ["layer1.*.conv1"]}}
            """);

    Study read = Study.read(study, false);

    assertThat(read.axes().settings())
        .extracting(
            setting ->
                ((Recipe) read.recipes().of(setting, 0, Optional.empty(), List.of()))
                    .sections()
                    .size())
        .containsExactly(0, 1);
  }
}
