package io.github.steelyard.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.compander.CompanderConfiguration;
import io.github.steelyard.compander.CompanderPart;
import io.github.steelyard.compander.CompanderRule;
import io.github.steelyard.compander.Companding;
import io.github.steelyard.compander.Companding.Unit;
import io.github.steelyard.method.Method;
import io.github.steelyard.method.Methods;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompanderRecipeTest {
  private static final String RECIPE =
      """
      model: {name: mlp}
      data: {name: fashion-mnist}
      optimizer: {name: adamw}
      """;

  private static Recipe parse(String yaml, String... settings) {
    return ReadRecipes.of(yaml, settings);
  }

  @Test
  void givenNothingOrAnEmptySection_whenTheRecipeIsRead_thenThereIsNoneOrTheDefault() {
    assertThat(parse(RECIPE).section(CompanderConfiguration.class)).isEmpty();
    assertThat(parse(RECIPE, "compander=null").section(CompanderConfiguration.class)).isEmpty();
    assertThat(parse(RECIPE, "compander={}").section(CompanderConfiguration.class))
        .contains(CompanderConfiguration.defaults());
  }

  @Test
  void givenEverySetting_whenTheRecipeIsWrittenAndReadAgain_thenItIsTheSame() {
    Recipe recipe =
        parse(
            RECIPE,
            "compander={a: 0.5, ratio: 2, unit: absolute, learned: true}",
            "compander.layers=[{pattern: 'fc1', a: 3, unit: deviation}, {pattern: 'fc?', skip: true}, {pattern: 'fc3', learned: false, part: own_rate}]",
            "data.label_noise={fraction: 0.2, seed: 5}",
            "data.validation_samples=300");

    Companding usual = new Companding(0.5, 2, Unit.ABSOLUTE, true);
    assertThat(recipe.section(CompanderConfiguration.class))
        .contains(
            new CompanderConfiguration(
                usual,
                List.of(
                    new CompanderRule(
                        "fc1", Optional.of(new Companding(3, 2, Unit.DEVIATION, true))),
                    new CompanderRule("fc?", Optional.empty()),
                    new CompanderRule(
                        "fc3",
                        Optional.of(usual.withLearned(false).withPart(CompanderPart.OWN_RATE))))));
    assertThat(recipe.data().labelNoise()).contains(new DataRecipe.LabelNoise(0.2, 5));
    assertThat(recipe.data().measuredOn()).isEqualTo("validation");
    assertThat(parse(recipe.toYaml())).isEqualTo(recipe);
    assertThat(Recipe.of("map", recipe.toMap(), List.of())).isEqualTo(recipe);
  }

  @Test
  void givenTheMethod_whenItIsLookedUp_thenItsRecipeUsesIt() throws IOException {
    Method method = Methods.load().get("weight_compander");

    Recipe recipe = ReadRecipes.file(Path.of("..", "recipes", method.recipe()));

    assertThat(recipe.section(CompanderConfiguration.class)).isPresent();
    assertThat(method.configuration()).isEqualTo(CompanderConfiguration.class);
    assertThat(Files.readString(Path.of("..", "docs", "weight-compander.md")))
        .contains(method.arxiv(), method.recipe());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "compander.a=0 | compander.a must be above 0 and finite, but is 0.0",
        "compander.ratio=-1 | compander.ratio must be above 0 and finite, but is -1.0",
        "compander.unit=sigma | compander.unit must be one of deviation, absolute",
        "compander.learned=often | compander.learned must be true or false",
        "compander.part=rate | compander.part must be one of all, none, bound, slope, mean_rate",
        "compander={learned: true, part: bound} | learned needs the part all",
        "compander.b=2 | unknown key 'compander.b'",
        "compander.layers=fc1 | compander.layers must be a list such as",
        "compander.layers=[fc1] | compander.layers.0 must be a mapping, but is the text 'fc1'",
        "compander.layers=[{a: 2}] | the key 'compander.layers.0.pattern' is missing",
        "compander.layers=[{pattern: ''}] | compander.layers.0.pattern",
        "compander.layers=[{pattern: fc1, rate: 2}] | unknown key 'compander.layers.0.rate'",
        "explain.layers=null | explain.layers must be a list, but is null; [] is an empty one",
        "explain.resolutions=null | explain.resolutions must be a list, but is null",
        "data.label_noise={} | data.label_noise needs the key 'fraction', such as fraction: 0.2",
        "data.label_noise.fraction=1.5 | data.label_noise.fraction must be from 0 to 1",
        "data.label_noise.fraction=-0.1 | -0.1",
        "data.label_noise={fracton: 0.1} | did you mean 'fraction'?",
        "data.validation_samples=-1 | data.validation_samples must be at least 0, but is -1",
      })
  void givenAMistake_whenTheRecipeIsRead_thenItsPlaceAndTheRemedyAreNamed(
      String setting, String message) {
    assertThatThrownBy(() -> parse(RECIPE, setting))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(message);
  }
}
