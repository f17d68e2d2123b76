package io.github.steelyard.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.ReadRecipes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportRecipeTest {
  private static final String RECIPE =
      """
      model: {name: vit_mini_patch7_28}
      data: {name: fashion-mnist}
      optimizer: {name: adamw}
      train: {epochs: 5}
      quantization: {weight_bits: 2, activation_bits: 2}
      export: %s
      """;

  private static Recipe parse(String export) {
    return ReadRecipes.of(RECIPE.formatted(export));
  }

  private static String written(String export) {
    String yaml = parse(export).toYaml();
    assertThat(ReadRecipes.of(yaml))
        .as("what is written is read as the same")
        .isEqualTo(parse(export));
    return yaml;
  }

  @Test
  void givenOptionsOfTheGraph_whenTheRecipeIsWritten_thenItHasThem() {
    assertThat(written("{formats: [packed, onnx], opset: 25, storage: native, arithmetic: float}"))
        .contains("opset: 25", "storage: native", "arithmetic: float");
    assertThat(written("{formats: [onnx]}"))
        .as("what is usual today")
        .contains("opset: 21", "storage: packed", "arithmetic: integer");
    assertThat(written("{formats: [packed]}")).doesNotContain("opset", "storage", "arithmetic");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[onnx], opset: 17 | export.opset | from 18 to 25, but is 17; the nearest is 18",
        "[onnx], opset: new | export.opset | must be a whole number",
        "[onnx], opset: 20, storage: native | export.opset | need operator set 21, but it is 20",
        "[onnx], storage: int4 | export.storage | must be one of packed, native, int8",
        "[onnx], arithmetic: exact | export.arithmetic | must be one of integer, float",
        "[packed], arithmetic: float | export.arithmetic | needs onnx among the formats",
        "[onnx], opsets: 21 | export.opsets | did you mean 'opset'"
      })
  void givenAWrongOption_whenTheRecipeIsRead_thenKeyAndChoiceAreNamed(
      String export, String key, String message) {
    assertThatThrownBy(() -> parse("{formats: " + export + "}"))
        .isInstanceOf(RecipeException.class)
        .hasMessageContainingAll(key, message);
  }
}
