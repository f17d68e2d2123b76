package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A section of a method from outside this project in the stages of a life. */
@Tag("once")
class SeventhLifeTest {
  private static final String LIFE =
      """
      model: {name: resnet8}
      data: {name: fashion-mnist, batch_size: 20, train_samples: 80, test_samples: 40}
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

  /** The command that makes a life. */
  private String[] life(String recipe, String... further) throws IOException {
    Path file = Files.writeString(folder.resolve("recipe.yaml"), recipe);
    List<String> arguments =
        new ArrayList<>(
            List.of("run", file.toString(), "--folder", folder.resolve("life").toString()));
    arguments.addAll(List.of(further));
    return arguments.toArray(String[]::new);
  }

  private JsonNode evaluated(String made) throws IOException {
    return json("evaluate", folder.resolve("life").resolve(made).toString(), "--json");
  }

  @Test
  void givenALife_whenStagesHaveTheSection_thenEachBeginsWithThePlainWeightsOfTheOneBefore()
      throws Exception {
    JsonNode made = json(life(LIFE, "--json"));

    assertThat(made.at("/outcome").asText()).isEqualTo("COMPLETED");
    assertThat(made.at("/stages/1/classes").asInt()).isEqualTo(4);
    assertThat(made.at("/stages/2/sparsity").asDouble()).isGreaterThan(0.49);
    assertThat(RunFolders.read(folder.resolve("life/2-extend/exports/classifier.safetensors")))
        .containsKey("layer1.0.conv1.parametrizations.weight.original")
        .containsKey("layer2.0.conv1.weight");
    assertThat(evaluated("2-extend").at("/0/accuracy")).isEqualTo(made.at("/stages/1/accuracy"));
    JsonNode packed = evaluated("5-export/exports/model-packed.safetensors");
    assertThat(packed.at("/metrics/accuracy")).isEqualTo(made.at("/stages/3/accuracy"));
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
    assertThat(refused(life(LIFE, "--set", setting))).contains(message);
  }

  @Test
  void givenAPrunedNetwork_whenTheSectionComesWithNewClasses_thenTheLifeIsRefused()
      throws IOException {
    String pruneFirst =
        LIFE.replaceFirst(
            "(?s)(  - kind: extend.*?)(  - kind: prune.*?)(  - kind: quantize)", "$2$1$3");

    assertThat(refused(life(pruneFirst)))
        .contains("recipe.yaml, line 20", "cannot come after prune or quantize");
    assertThat(folder.resolve("life")).doesNotExist();
  }
}
