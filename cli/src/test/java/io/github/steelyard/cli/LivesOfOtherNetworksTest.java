package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks whose parts are not those of a perceptron, through what a life can do to them. */
@Tag("once")
class LivesOfOtherNetworksTest {
  private static final String BLOCKS =
      """
      model: {name: block_mlp, hidden: [8, 8]}
      data: {name: independent-blocks, blocks: 2, side: 2, samples: 200, batch_size: 25}
      """;
  private static final String SUMS =
      """
      model: {name: modular_addition, hidden: [32]}
      data: {name: modular-addition, prime: 5, train_share: 0.6, split_seed: 0, batch_size: 15}
      """;
  private static final String STAGES =
      """
      stages:
        - {kind: train, optimizer: {name: adam, lr: 0.01}, train: {epochs: 2}}
        - {kind: prune, optimizer: {name: adam, lr: 0.01}, pruning: {sparsity: 0.5},
           train: {epochs: 1}}
        - {kind: quantize, optimizer: {name: adam, lr: 0.001}, train: {epochs: 1},
           quantization: {weight_bits: 4, activation_bits: 4, method: lsq}}
        - {kind: explain, samples: 10, compare: [integrated_gradient]}
        - {kind: export, formats: [packed, onnx]}
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {BLOCKS, SUMS})
  void givenALife_whenItsNetworkIsPrunedAndQuantized_thenItIsExplainedAndExported(String network)
      throws IOException {
    Path recipe = Files.writeString(folder.resolve("own.yaml"), network + STAGES);
    Path life = folder.resolve("own");

    JsonNode lived = json("run", recipe.toString(), "--folder", life.toString(), "--json");

    assertThat(lived.get("outcome").asText()).isEqualTo("COMPLETED");
    assertThat(lived.at("/stages/2/sparsity").asDouble()).isGreaterThan(0.4);
    assertThat(lived.at("/stages/3/modules").isNumber()).isTrue();
    JsonNode explained = Json.MAPPER.readTree(life.resolve("4-explain/results.json").toFile());
    assertThat(explained.at("/explain/interaction")).isNotEmpty();
    assertThat(life.resolve("5-export/exports/model.onnx")).isNotEmptyFile();
    String packed = life.resolve("5-export/exports/model-packed.safetensors").toString();
    assertThat(json("evaluate", packed, "--json").at("/metrics/accuracy"))
        .isEqualTo(lived.at("/stages/2/accuracy"));
  }

  @Test
  void givenQueriesAndKeysAsOneProduct_whenALifeExplainsThem_thenItIsRefusedBeforeAnythingRuns()
      throws IOException {
    String joined =
        STAGES
            .replace("method: lsq", "method: statsq, query_key_reparameterization: true")
            .replaceAll("(?s)  - \\{kind: prune.*?\\}\\}\n", "");
    Path recipe = Files.writeString(folder.resolve("joined.yaml"), SUMS + joined);
    Path life = folder.resolve("joined");

    assertThat(refused("run", recipe.toString(), "--folder", life.toString()))
        .contains("cannot follow quantize (stage 2) with query_key_reparameterization");
    assertThat(life).doesNotExist();
    Files.writeString(
        recipe,
        SUMS + joined.replace("samples: 10", "samples: 10, layers: [residual_post, output]"));
    assertThat(json("run", recipe.toString(), "--folder", life.toString(), "--json").at("/outcome"))
        .hasToString("\"COMPLETED\"");
  }
}
