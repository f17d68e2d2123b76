package io.github.steelyard.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.cli.section.QuantizationRecipe;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.LayerRule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizationRecipeTest {
  private static final String RECIPE =
      """
      model: {name: vit_mini_patch7_28}
      data: {name: fashion-mnist}
      optimizer: {name: adamw}
      loss: {teacher: full_precision}
      train: {epochs: 5}
      quantization:
        weight_bits: 2
        activation_bits: 3
      """;

  private static Recipe parse(String yaml, String... settings) {
    return ReadRecipes.of(yaml, settings);
  }

  @Test
  void givenBitsOnly_whenTheRecipeIsRead_thenThePapersMethodIsUsedAndOscillationIsRecorded() {
    QuantizationRecipe recipe = parse(RECIPE).section(QuantizationRecipe.class).orElseThrow();

    assertThat(recipe.configuration().bits()).isEqualTo(new LayerBits(2, 3));
    assertThat(recipe.configuration().method()).isEqualTo("statsq");
    assertThat(recipe.configuration().queryKeyReparameterization()).isTrue();
    assertThat(recipe.configuration().edges()).isEqualTo(new LayerBits(8, 8));
    assertThat(recipe.oscillation()).isPresent();
    assertThat(recipe.annealing()).isEmpty();
    assertThat(recipe.calibrationSamples()).isEqualTo(64);
  }

  @Test
  void givenEverySetting_whenTheRecipeIsWrittenAndReadAgain_thenItIsTheSame() {
    Recipe recipe =
        parse(
            RECIPE,
            "quantization.layers=[{pattern: 'blocks.*.mlp.*', weight_bits: 4}]",
            "quantization.edges.weight_bits=6",
            "quantization.annealing={epochs: 2, boundary_range: 0.01}",
            "quantization.oscillation=none",
            "quantization.method=lsq",
            "quantization.query_key_reparameterization=false",
            "quantization.scale_rate=0.1",
            "loss.teacher={name: full_precision, alpha: 0.7}");

    Recipe again = parse(recipe.toYaml());

    assertThat(again).isEqualTo(recipe);
    QuantizationRecipe quantization = again.section(QuantizationRecipe.class).orElseThrow();
    assertThat(quantization.configuration().rules())
        .containsExactly(new LayerRule("blocks.*.mlp.*", new LayerBits(4, 3)));
    assertThat(quantization.oscillation()).isEmpty();
    assertThat(quantization.scaleRate()).isEqualTo(0.1);
    assertThat(again.loss().teacher().orElseThrow().distillation().alpha()).isEqualTo(0.7);
    assertThat(Recipe.of("map", recipe.toMap(), List.of())).isEqualTo(recipe);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantization.weight_bits=9 | --set quantization.weight_bits=9: quantization.weight_bits: weights must be from 1 to 8 bits",
        "quantization.activation_bits=0 | quantization.activation_bits: activations must be from 1 to 8 bits",
        "quantization.method=lsqq | quantization.method: there is no quantizer 'lsqq'; did you mean 'lsq'? Valid are: statsq, lsq",
        "quantization.annealing={} | quantization.annealing needs the key 'epochs'",
        "quantization.annealing={epochs: 9} | quantization.annealing.epochs must be at most train.epochs, which is 5, but is 9",
        "quantization.annealing={epochs: 1, boundary_range: 0.7} | 0.7",
        "quantization.freezing={} | quantization.freezing needs method: lsq",
        "quantization.scale_rate=0.1 | quantization.scale_rate needs method: lsq",
        "quantization.scale_rate=-1 | must be at least 0 (1 is that of the optimizer), but is -1.0",
        "quantization.oscillation=yes please | quantization.oscillation must be a mapping such as {every: 10}, or none",
        "quantization.oscillation.every=0 | every",
        "quantization.layers=[{weight_bits: 4}] | the key 'quantization.layers.0.pattern' is missing",
        "quantization.layers=[{pattern: '', weight_bits: 4}] | quantization.layers.0.pattern",
        "quantization.layers=[{pattern: head, bits: 4}] | unknown key 'quantization.layers.0.bits'",
        "quantization.calibration_samples=0 | quantization.calibration_samples must be at least 1",
        "quantization.weight_bit=2 | did you mean 'weight_bits'?",
        "loss.teacher=resnet20 | loss.teacher must be a mapping with a model's name and weights, or full_precision",
      })
  void givenAMistake_whenTheRecipeIsRead_thenItsPlaceAndTheRemedyAreNamed(
      String setting, String message) {
    assertThatThrownBy(() -> parse(RECIPE, setting))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenSettingsThatExcludeEachOther_whenTheRecipeIsRead_thenTheLineIsNamed() {
    String lsq = RECIPE + "  method: lsq\n";

    assertThatThrownBy(() -> parse(lsq + "  query_key_reparameterization: true\n"))
        .hasMessageContaining("r.yaml, line 10: quantization.query_key_reparameterization: ")
        .hasMessageContaining("statsq");
    assertThatThrownBy(() -> parse(lsq + "  annealing: {epochs: 1}\n  freezing: {}\n"))
        .hasMessageContaining("r.yaml, line 11: quantization.freezing")
        .hasMessageContaining("excludes annealing");
    assertThatThrownBy(() -> parse(RECIPE.substring(0, RECIPE.indexOf("quantization:"))))
        .hasMessageContaining("r.yaml, line 4: loss.teacher must be a model with weights");
  }
}
