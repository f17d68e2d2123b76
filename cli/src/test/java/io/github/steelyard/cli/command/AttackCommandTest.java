package io.github.steelyard.cli.command;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.robust.PruningMask;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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
    return attackFile(weights, more);
  }

  private static String[] attackFile(Path file, String... more) {
    String[] named = {
      "attack",
      "conv_small",
      "--weights",
      file.toString(),
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
  void givenPackedAndCompactFiles_whenTheyAreAttacked_thenTheNetworkIsTheSame() throws IOException {
    Path packed = folder.resolve("packed.safetensors");
    Path compact = folder.resolve("compact.safetensors");
    LayerBits weightsOnly = new LayerBits(4, LayerBits.FLOAT);
    QuantizationConfiguration configuration =
        new QuantizationConfiguration(weightsOnly, "lsq", false, weightsOnly, List.of());
    PackedModel.Origin origin = new PackedModel.Origin("conv_small", ModelOptions.none());
    Scope.run(
        () -> {
          Module model = Models.create("conv_small", ModelOptions.none());
          ChannelChain chain = ChannelRemoval.chains(model).get(0);
          new ChannelRemoval(model, chain).keep(torch.tensor(new long[] {0, 2, 3}));
          Module quantized =
              new PrepareQuantization(configuration, torch.rand(4, 1, 28, 28)).apply(model);
          PackedModel.save(
              packed,
              quantized,
              configuration,
              Optional.of(origin),
              Provenance.now(0, Map.of(), Map.of(), List.of()));
          LayerWeights.of(quantized).values().forEach(Parameter::materialize);
          SafeTensors.write(compact, quantized.stateDict(), Map.of());
        });
    String[] rest = {"--epsilon", "8/255", "--json"};

    JsonNode ofPacked = json(attackFile(packed, rest));
    CommandLineRun compactRun = CommandLineRun.of(attackFile(compact, rest));
    JsonNode ofCompact = Json.MAPPER.readTree(compactRun.out());

    assertThat(ofPacked.at("/accuracies")).isEqualTo(ofCompact.at("/accuracies")).hasSize(2);
    assertThat(ofPacked.at("/clean_accuracy")).isEqualTo(ofCompact.at("/clean_accuracy"));
    assertThat(compactRun.err()).contains("conv1: 3 of 16 channels");
    assertThat(
            refused(
                "attack",
                "resnet8",
                "--weights",
                packed.toString(),
                "--dataset",
                "fashion-mnist",
                "--epsilon",
                "0.1"))
        .contains("holds a network conv_small, not resnet8");
  }

  @Test
  void givenAFileWithoutTheHeadOrWithMasks_whenItIsAttacked_thenItIsSaidWhichFileToTake()
      throws IOException {
    Path headless = folder.resolve("headless.safetensors");
    Path masked = folder.resolve("masked.safetensors");
    Scope.run(
        () -> {
          Module model = Models.create("conv_small", ModelOptions.none());
          Map<String, Tensor> state = new LinkedHashMap<>(model.stateDict());
          state.put("fc2.weight", torch.rand(7, state.get("fc2.weight").size(1)));
          state.put("fc2.bias", torch.rand(7));
          SafeTensors.write(headless, state, Map.of());
          LayerWeights.of(model)
              .values()
              .forEach(
                  weight ->
                      weight.parametrize(new PruningMask(weight.value().gt(new Scalar(0.0)))));
          SafeTensors.write(masked, model.stateDict(), Map.of());
        });

    assertThat(refused(attackFile(headless, "--epsilon", "8/255")))
        .contains("headless.safetensors has no trained head", "7", "train it on this data first");
    assertThat(CommandLineRun.of(attackFile(masked, "--epsilon", "8/255")).err())
        .contains("masked.safetensors", "missing", "dense.safetensors beside");
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
