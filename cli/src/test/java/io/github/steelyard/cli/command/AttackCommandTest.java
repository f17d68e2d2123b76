package io.github.steelyard.cli.command;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttackCommandTest {
  @TempDir Path folder;
  private Path weights;

  @BeforeEach
  void writeWeights() throws IOException {
    Seeds.set(3);
    weights = folder.resolve("net.safetensors");
    Scope.run(
        () ->
            SafeTensors.write(
                weights, Models.create("conv_small", ModelOptions.none()).stateDict(), Map.of()));
  }

  private String[] attack(String... more) {
    String[] named = {
      "attack",
      "conv_small",
      "--weights",
      weights.toString(),
      "--dataset",
      "fashion-mnist",
      "--samples",
      "40",
      "--protocol",
      "quick",
      "--attack",
      "fgsm",
      "--attack",
      "square"
    };
    String[] all = java.util.Arrays.copyOf(named, named.length + more.length);
    System.arraycopy(more, 0, all, named.length, more.length);
    return all;
  }

  @Test
  void givenAModelByNameWithWeights_whenItIsAttacked_thenNoRunIsNeeded() throws IOException {
    JsonNode linf = json(attack("--epsilon", "8/255", "--json"));
    JsonNode l2 = json(attack("--epsilon", "1/2", "--norm", "l2", "--json"));
    CommandLineRun words = CommandLineRun.of(attack("--epsilon", "0.5", "--norm", "L2"));

    assertThat(linf.at("/epsilon").asDouble()).isEqualTo(8 / 255.0);
    assertThat(linf.at("/norm").asText()).isEqualTo("linf");
    assertThat(linf.at("/checkpoint").asText()).isEqualTo(weights.toString());
    assertThat(linf.at("/samples").asInt()).isEqualTo(40);
    assertThat(linf.at("/worst_case").asDouble())
        .isLessThanOrEqualTo(linf.at("/accuracies/square").asDouble());
    assertThat(l2.at("/norm").asText()).isEqualTo("l2");
    assertThat(l2.at("/accuracies").size()).isEqualTo(2);
    assertThat(words.code()).isZero();
    assertThat(words.out()).contains("L2, epsilon 0.5 of values in [0, 1]", "worst case");
  }

  @Test
  void givenMistakes_whenANetworkIsAttacked_thenEachErrorNamesTheRemedy() {
    assertThat(refused("attack", "conv_small")).contains("--weights FILE", "--dataset NAME");
    assertThat(refused("attack", "conv_small", "--weights", weights.toString()))
        .contains("--dataset NAME");
    assertThat(refused(attack("--epsilon", "8/0"))).contains("8/255", "'8/0'");
    assertThat(refused(attack())).contains("--epsilon 8/255");
    assertThat(refused(attack("--norm", "l2"))).contains("--epsilon 0.5");
    assertThat(refused(attack("--norm", "l1", "--epsilon", "1"))).contains("linf and l2");
    assertThat(refused(attack("--epsilon", "0.1", "--attack", "fab-tt"))).contains("'fab-t'");
    assertThat(
            refused(
                "attack",
                "conv_smal",
                "--weights",
                weights.toString(),
                "--dataset",
                "fashion-mnist",
                "--epsilon",
                "0.1"))
        .contains("'conv_small'");
  }
}
