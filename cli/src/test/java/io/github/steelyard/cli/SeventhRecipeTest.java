package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.Study;
import io.github.steelyard.robust.L1Penalty;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.Penalty;
import io.github.steelyard.train.TrainingContext;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A section of a method from outside this project, as docs/architecture.md adds it, in recipes. */
class SeventhRecipeTest {
  private static final String BASE =
      """
      model: {name: resnet8}
      data: {name: fashion-mnist, batch_size: 20, train_samples: 80, test_samples: 40}
      """;
  private static final String RECIPE =
      BASE
          + """
          optimizer: {name: adamp, lr: 0.01}
          train: {epochs: 2, checkpoint_every_steps: 1, keep_checkpoints: 100}
          weight_standardization: {layers: ["layer*.conv*"]}
          """;
  private static final String LIFE =
      BASE
          + """
          stages:
            - kind: train
              classes: [Trouser, Coat, Bag]
              optimizer: {name: adamp, lr: 0.01}
              train: {epochs: 2}
              weight_standardization: {layers: ["layer*.conv*"]}
            - kind: extend
              classes: [Sandal]
              incremental: {memory: {per_class: 4}}
              optimizer: {name: sgd, lr: 0.02}
              penalties: {l1: {strength: 1.0e-5}}
              train: {epochs: 1}
              weight_standardization: {epsilon: 1.0e-4, layers: ["layer1.*.conv1"]}
            - kind: prune
              optimizer: {name: adamw, lr: 0.002}
              pruning: {sparsity: 0.5, ranking: layer}
              train: {epochs: 1}
              weight_standardization: {layers: ["layer1.*.conv1"]}
            - kind: quantize
              optimizer: {name: adamw, lr: 0.002}
              quantization: {weight_bits: 4, activation_bits: 8, method: lsq}
              train: {epochs: 1}
            - kind: export
              formats: [packed]
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

    json("train", recipe, "--run", run("whole"), "--json");
    RunFolders.copyKilledAfter(3, folder.resolve("whole"), folder.resolve("killed"));
    json("train", recipe, "--run", run("killed"), "--resume", "--json");

    String last = "checkpoints/step-000000008.safetensors";
    RunFolders.requireEqual(
        folder.resolve("whole").resolve(last), folder.resolve("killed").resolve(last));
    assertThat(Files.readString(folder.resolve("killed/recipe.yaml")))
        .contains("weight_standardization:", "epsilon: 1.0E-5", "layer*.conv*");
    JsonNode results = Output.JSON.readTree(folder.resolve("whole/results.json").toFile());
    assertThat(results.at("/provenance/configuration/weight_standardization/epsilon").asDouble())
        .isEqualTo(1e-5);
    assertThat(
            refused(
                "train",
                recipe,
                "--run",
                run("killed"),
                "--resume",
                "--set",
                "weight_standardization.epsilon=1e-3"))
        .contains("weight_standardization.epsilon is");
  }

  @Test
  void givenATrainedRun_whenItIsEvaluatedExportedAndQuantized_thenEveryFormComputesTheSame()
      throws Exception {
    JsonNode trained = json("train", write(RECIPE), "--run", run("run"), "--json");

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
            "train",
            plain,
            "--run",
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
            "quantize",
            write(RECIPE),
            "--set",
            "quantization={weight_bits: 4, activation_bits: 8, query_key_reparameterization: false}",
            "--set",
            "weight_standardization.layers=[layer1.0.conv1]",
            "--from",
            run("run"),
            "--run",
            run("quantized"),
            "--json");
    assertThat(quantized.at("/full_precision")).isEqualTo(trained.at("/metrics"));
    assertThat(quantized.at("/packed_file")).isEqualTo(quantized.at("/quantized"));
  }

  @Test
  void givenALife_whenStagesHaveTheSection_thenEachBeginsWithThePlainWeightsOfTheOneBefore()
      throws Exception {
    JsonNode made = json("life", write(LIFE), "--run", run("life"), "--json");

    assertThat(made.at("/outcome").asText()).isEqualTo("COMPLETED");
    assertThat(made.at("/stages/1/classes").asInt()).isEqualTo(4);
    assertThat(made.at("/stages/2/sparsity").asDouble()).isGreaterThan(0.49);
    assertThat(RunFolders.read(folder.resolve("life/2-extend/exports/classifier.safetensors")))
        .containsKey("layer1.0.conv1.parametrizations.weight.original")
        .containsKey("layer2.0.conv1.weight");
    assertThat(json("evaluate", run("life/2-extend"), "--json").at("/0/accuracy"))
        .isEqualTo(made.at("/stages/1/accuracy"));
    JsonNode packed = json("evaluate", run("life/5-export/model-packed.safetensors"), "--json");
    assertThat(packed.at("/metrics/accuracy")).isEqualTo(made.at("/stages/3/accuracy"));
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
    assertThat(refused("train", write(RECIPE), "--run", run("run"), "--set", setting))
        .contains(message);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stages.export.weight_standardization={} | has no meaning in a stage 'export'",
        "stages.train.weight_standardisation={} | did you mean 'weight_standardization'?",
        "stages.train.weight_standardization={} | needs the key 'layers'",
      })
  void givenAMistakeInAStage_whenTheLifeIsRead_thenTheReasonIsNamed(String setting, String message)
      throws IOException {
    assertThat(refused("life", write(LIFE), "--run", run("life"), "--set", setting))
        .contains(message);
  }

  @Test
  void givenAPrunedNetwork_whenTheSectionComesWithNewClasses_thenTheLifeIsRefused()
      throws IOException {
    String pruneFirst =
        LIFE.replaceFirst(
            "(?s)(  - kind: extend.*?)(  - kind: prune.*?)(  - kind: quantize)", "$2$1$3");

    assertThat(refused("life", write(pruneFirst), "--run", run("life")))
        .contains("recipe.yaml, line 20", "cannot come after prune or quantize");
    assertThat(folder.resolve("life")).doesNotExist();
  }

  /** A section that asks something of the weights and acts around the steps. */
  public static final class Shrinking implements RecipeSection<L1Penalty> {
    /** Called by the service loader. */
    public Shrinking() {}

    @Override
    public String key() {
      return "shrinking";
    }

    @Override
    public L1Penalty defaults() {
      return L1Penalty.of(1e-3);
    }

    @Override
    public Optional<Penalty> penalty(L1Penalty configuration) {
      return Optional.of(configuration);
    }

    @Override
    public Optional<Callback> callback(L1Penalty configuration) {
      return Optional.of(
          new Callback() {
            @Override
            public void beforeEpoch(TrainingContext context) {
              context.log("shrinking", Map.of("strength", configuration.strength()));
            }
          });
    }
  }

  @Test
  void givenASectionWithPenaltyAndCallback_whenNetworksAreTrained_thenBothAct() throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(RecipeSection.class.getName()), Shrinking.class.getName() + "\n");
    String recipe =
        write(
            IncrementalFixture.RECIPE.replace("[finetune, wa, icarl]", "wa")
                + "shrinking: {strength: 0.25}\n");
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader jar = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      thread.setContextClassLoader(jar);
      json("train", recipe, "--set", "incremental=null", "--run", run("once"), "--json");
      json("incremental", recipe, "--run", run("steps"), "--json");
    } finally {
      thread.setContextClassLoader(before);
    }

    for (String log :
        List.of("once/metrics.jsonl", "steps/wa/checkpoints/step-002/metrics.jsonl")) {
      assertThat(Files.readString(folder.resolve(log)))
          .contains("section.shrinking", "\"event\":\"shrinking\"", "\"strength\":0.25");
    }
    assertThat(refused("evaluate", run("once"))).contains("'shrinking'", "STEELYARD_CLASSPATH");
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
        .extracting(setting -> ((Recipe) read.recipes().of(setting, 0, List.of())).added().size())
        .containsExactly(0, 1);
  }
}
