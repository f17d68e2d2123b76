package io.github.steelyard.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.FreezeParameters;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParameterGroupsTest {
  /** What timm gives a parameter; see bench/peers/layer_decay.py. */
  private record Rates(double scale, double decay) {}

  private static Map<String, Rates> timm(String model) throws IOException {
    Map<String, Rates> rates = new LinkedHashMap<>();
    try (InputStream in = ParameterGroupsTest.class.getResourceAsStream("layer-decay.txt")) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        String[] words = line.split(" ", -1);
        if (words[0].equals(model)) {
          rates.put(
              words[1], new Rates(Double.parseDouble(words[2]), Double.parseDouble(words[3])));
        }
      }
    }
    return rates;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet18",
        "deit_tiny_distilled_patch16_224",
        "swin_tiny_patch4_window7_224",
        "convnext_atto"
      })
  void givenTheNamesOfANetwork_whenTheyAreNumberedByDepth_thenScalesAreTimms(String model)
      throws IOException {
    Map<String, Rates> expected = timm(model);
    Map<String, Integer> depths = LayerDepths.of(expected.keySet());
    int deepest = depths.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
    assertThat(depths.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, rates) ->
            assertThat(Math.pow(0.75, deepest - depths.get(name)))
                .as(name)
                .isCloseTo(rates.scale, within(1e-9)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"resnet18", "deit_tiny_distilled_patch16_224", "swin_tiny_patch4_window7_224"})
  void givenAModel_whenItsGroupsAreMade_thenRatesAndDecaysOfAllParametersAreTimms(String name)
      throws IOException {
    Map<String, Rates> expected = timm(name);
    Module model = Models.create(name, ModelOptions.none());

    Map<String, Rates> byDepth = new TreeMap<>();
    for (ParameterGroup group : ParameterGroup.byDepth(model, 1e-3, 0.05, 0.75)) {
      group
          .parameters()
          .keySet()
          .forEach(
              parameter ->
                  byDepth.put(
                      parameter, new Rates(group.learningRate() / 1e-3, group.weightDecay())));
    }
    Map<String, Double> plain = new TreeMap<>();
    for (ParameterGroup group : ParameterGroup.of(model, 1e-3, 0.05)) {
      group.parameters().keySet().forEach(p -> plain.put(p, group.weightDecay()));
    }

    assertThat(byDepth.keySet()).isEqualTo(new TreeMap<>(expected).keySet());
    assertThat(plain.keySet()).isEqualTo(byDepth.keySet());
    expected.forEach(
        (parameter, rates) -> {
          assertThat(byDepth.get(parameter).scale).isCloseTo(rates.scale, within(1e-9));
          assertThat(byDepth.get(parameter).decay).as(parameter).isEqualTo(rates.decay);
          assertThat(plain.get(parameter)).as(parameter).isEqualTo(rates.decay);
        });
  }

  @Test
  void givenANetworkWithoutBlocks_whenGroupedByDepth_thenEachPartIsALayer() {
    Module model = Models.create("mlp", ModelOptions.none());
    assertThat(ParameterGroup.byDepth(model, 1, 0.1, 0.5))
        .extracting(group -> group.name() + " " + group.learningRate() + " " + group.weightDecay())
        .containsExactly(
            "layer_0_decay 0.25 0.1",
            "layer_0_no_decay 0.25 0.0",
            "layer_1_decay 0.5 0.1",
            "layer_1_no_decay 0.5 0.0",
            "layer_2_decay 1.0 0.1",
            "layer_2_no_decay 1.0 0.0");
  }

  @Test
  void givenFrozenLayers_whenGroupedByDepth_thenTheyAreLeftOutAndOthersKeepTheirRates() {
    Module model = Models.create("mlp", ModelOptions.none());
    new FreezeParameters(List.of("fc1")).apply(model);
    assertThat(ParameterGroup.byDepth(model, 1, 0.1, 0.5))
        .extracting(group -> group.name() + " " + group.learningRate())
        .startsWith("layer_1_decay 0.5");
  }

  @ParameterizedTest
  @CsvSource({"0", "-0.5", "1.1", "NaN"})
  void givenALayerDecayOutOfRange_whenGrouped_thenTheErrorNamesIt(double decay) {
    Module model = Models.create("mlp", ModelOptions.none());
    assertThatThrownBy(() -> ParameterGroup.byDepth(model, 1, 0, decay))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be above 0 and at most 1, but is " + decay);
  }
}
