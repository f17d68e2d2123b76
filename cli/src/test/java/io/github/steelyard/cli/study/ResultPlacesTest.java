package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResultPlacesTest {
  private static final String RESULTS =
      """
      {"metrics": {"accuracy": 0.5},
       "variants": {
         "decay_0.1": {"layers": {"conv.1": {"rank": 3}, "head": {"norm": 9}}},
         "decay_0": {"1": {"layers": {}}}},
       "stages": [{"accuracy": 0.1}, {"accuracy": 0.2}]}
      """;
  private static final Map<String, String> SETTING =
      Map.of("images", "100", "variant", "decay_0.1");

  @TempDir Path folder;

  private Study read(String lines) throws IOException {
    return StudySamples.read(folder, StudySamples.STUDY + lines, false);
  }

  private static JsonNode results() throws IOException {
    return Mapping.MAPPER.readTree(RESULTS);
  }

  private double measure(String place) throws IOException {
    Study study = read("measures: {own: '" + place + "'}\n");
    return study.measures().of(SETTING).get("own").in(results()).asDouble(Double.NaN);
  }

  @Test
  void givenNoMeasures_whenTheStudyIsRead_thenTheAccuracyIsMeasured() throws IOException {
    Map<String, ResultPlace> places = read("").measures().of(SETTING);

    assertThat(places).containsOnlyKeys("accuracy");
    assertThat(places.get("accuracy").in(results()).asDouble()).isEqualTo(0.5);
  }

  @Test
  void givenAPlaceInAList_whenItIsLookedUp_thenTheListIsCountedFromZero() throws IOException {
    assertThat(measure("stages.1.accuracy")).isEqualTo(0.2);
    assertThat(measure("stages.2.accuracy")).isNaN();
  }

  @Test
  void givenAStar_whenItIsLookedUp_thenItStandsForTheOnlyName() throws IOException {
    assertThat(measure("metrics.*")).isEqualTo(0.5);
    assertThat(measure("variants.*.layers.head.norm")).as("two names").isNaN();
  }

  @Test
  void givenAnAxisValueWithADot_whenAPlaceNamesTheAxis_thenTheValueIsOneKey() throws IOException {
    assertThat(measure("variants.{variant}.layers.head.norm")).isEqualTo(9);
    Study study = read("parts: {rank: 'variants.{variant}.layers.*.rank'}\n");

    ResultPlace place = study.parts().of(SETTING).get("rank");

    assertThat(place).hasToString("variants.decay_0.1.layers.*.rank");
    Map<String, JsonNode> parts = place.partsIn(results());
    assertThat(parts).containsOnlyKeys("conv.1", "head");
    assertThat(parts.get("conv.1").asDouble()).isEqualTo(3);
    assertThat(parts.get("head").isMissingNode()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "measures: {own: 'of.{variants}.it'} | measures.own: there is no axis 'variants'; did you mean 'variant'?",
        "parts: {rank: 'a.{variants}.*.rank'} | parts.rank: there is no axis 'variants'; did you mean 'variant'?",
        "parts: {rank: layers.rank} | with one * for the parts' names",
        "parts: {rank: layers.*.*.rank} | with one * for the parts' names",
        "parts: {rank: '*.rank'} | with one * for the parts' names, such as",
      })
  void givenAPlaceThatCannotBe_whenTheStudyIsRead_thenTheErrorSaysWhy(String line, String message) {
    assertThatThrownBy(() -> read(line + "\n"))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(message);
  }
}
