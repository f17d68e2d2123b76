package io.github.steelyard.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.robust.AdversarialConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeTest {
  private static final String RECIPE =
      """
      model:
        name: resnet8
      data:
        name: fashion-mnist
      optimizer:
        name: adamw
        lr: 1e-3
      quick:
        train:
          epochs: 1
      """;

  private static Recipe parse(String yaml, boolean quick, String... settings) {
    return (Recipe)
        ReadRecipes.of("r.yaml", yaml.getBytes(StandardCharsets.UTF_8), quick, settings);
  }

  @Test
  void givenARecipe_whenItIsReadWrittenAndReadAgain_thenItIsTheSame() {
    Recipe recipe = parse(RECIPE, false, "schedule.name=cosine", "optimizer.beta1=0.8");

    Recipe again = parse(recipe.toYaml(), false);

    assertThat(again).isEqualTo(recipe);
    assertThat(recipe.differences(again)).isEmpty();
    assertThat(recipe.optimizer().learningRate()).isEqualTo(1e-3);
    assertThat(recipe.optimizer().options()).containsEntry("beta1", 0.8);
  }

  @Test
  void givenFractionsAsPapersWriteThem_whenARecipeIsRead_thenTheyAreNumbers() {
    AdversarialConfiguration own =
        parse(RECIPE + "loss: {adversarial: pgd, epsilon: 8/255, step_size: 2/255}\n", false)
            .loss()
            .adversarial()
            .orElseThrow();

    assertThat(parse(RECIPE, false, "loss.adversarial=pgd", "loss.epsilon=8/255").loss())
        .isEqualTo(parse(RECIPE + "loss: {adversarial: pgd, epsilon: 8/255}\n", false).loss());
    assertThat(
            parse(RECIPE + "penalties: {log_condition: {strength: 1, epsilon: 1/500}}\n", false)
                .toYaml())
        .contains("epsilon: 0.002");
    assertThat(own.epsilon()).isEqualTo(8 / 255.0);
    assertThat(own.stepSize()).isEqualTo(2 / 255.0);
    assertThatThrownBy(() -> parse(RECIPE + "loss: {adversarial: pgd, epsilon: 8/0}\n", false))
        .hasMessageContaining("loss.epsilon")
        .hasMessageContaining("'8/0'");
  }

  @ParameterizedTest
  @CsvSource({
    "mein Rezept für später.yaml, mein-Rezept-fur-spater",
    "(2) naïve.yml, 2-naive",
    "рецепт.yaml, recipe"
  })
  void givenAFileNameThatNoFolderShouldHave_whenARecipeIsRead_thenItsNameIsPlain(
      String file, String name) {
    Mapping empty = new Mapping(Mapping.MAPPER.createObjectNode(), "", new Origins(file));

    assertThat(RecipeKeys.name(empty, Recipe.baseName(Path.of(file)))).isEqualTo(name);
  }

  @Test
  void givenAQuickVariant_whenItIsAsked_thenItOverridesAndSettingsOverrideIt() {
    assertThat(parse(RECIPE, false).train().epochs()).isEqualTo(10);
    assertThat(parse(RECIPE, true).train().epochs()).isEqualTo(1);
    assertThat(parse(RECIPE, true, "train.epochs=3").train().epochs()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'  lr: 1e-3' | '  lrr: 1'         | line 7: unknown key 'optimizer.lrr'; did you mean 'lr'?",
        "'  lr: 1e-3' | '  lr: fast'       | line 7: optimizer.lr must be a number, but is the text 'fast'",
        "'  lr: 1e-3' | '  lr: -1'         | line 7: optimizer.lr must be at least 0, but is -1",
        "'  lr: 1e-3' | '  beta1: 1.5'     | line 7: optimizer.beta1 must be at least 0 and below 1, but is 1.5",
        "'  name: adamw' | '  name: adamm'    | line 6: optimizer.name: there is no optimizer 'adamm'; did you mean 'adam'?",
        "'  name: resnet8' | '  name: resnet9'  | line 2: model.name: there is no model 'resnet9'; did you mean 'resnet8'?",
        "'    epochs: 1' | '    epochs: 0.5'  | line 10: train.epochs must be a whole number",
        "'    epochs: 1' | '    epochs: 0'    | line 10: train.epochs must be at least 1, but is 0",
        "'    epochs: 1' | '    epoch: 1'     | line 10: unknown key 'train.epoch'; did you mean 'epochs'?",
        "'quick:' | 'quik:'            | line 8: unknown key 'quik'",
        "'  name: fashion-mnist' | '  nam: x'     | line 4: unknown key 'data.nam'; did you mean 'name'?",
        "'  name: adamw' | '  nmae: adamw'  | the key 'optimizer.name' is missing, such as adamw; there are: nmae, lr",
        "'  name: resnet8' | '  name: [resnet8'  | this is not YAML: expected ',' or ']'",
      })
  void givenAMistake_whenTheRecipeIsRead_thenFileLineKeyAndRemedyAreNamed(
      String right, String wrong, String message) {
    assertThatThrownBy(() -> parse(RECIPE.replace(right, wrong), false))
        .isInstanceOf(RecipeException.class)
        .hasMessageStartingWith("r.yaml, ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: &x [1]\nb: *x",
        "model: !!java.net.URL [\"http://localhost\"]",
        "model: {name: mlp}\nmodel: {name: mlp}",
        "--- {}\n--- {}",
        "",
        "[1, 2]",
        "model: {name: mlp",
        "seed: 99999999999999999999999999",
      })
  void givenHostileOrBrokenYaml_whenItIsRead_thenItIsRefused(String yaml) {
    assertThatThrownBy(() -> parse(yaml, false))
        .isInstanceOf(RecipeException.class)
        .hasMessageStartingWith("r.yaml");
  }

  @Test
  void givenAHugeOrDeepFile_whenItIsRead_thenItIsRefusedWithItsLimit() {
    assertThatThrownBy(() -> parse("#".repeat(300_000), false)).hasMessageContaining("256 KiB");
    assertThatThrownBy(() -> parse("a: " + "[".repeat(100_000), false))
        .isInstanceOf(RecipeException.class);
    assertThatThrownBy(() -> parse("a: " + "{a: ".repeat(50), false))
        .isInstanceOf(RecipeException.class);
  }

  static Stream<Path> recipes() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", "recipes"))) {
      return files
          .filter(file -> file.toString().endsWith(".yaml"))
          .filter(file -> !file.getFileName().toString().startsWith("study-"))
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void givenARecipeOfTheProject_whenItIsRead_thenItIsValidAndHasAQuickVariant(Path file)
      throws IOException {
    RunRecipe whole = RunKinds.load().read(file, false, List.of());
    assertThat(RunKinds.load().read(file, true, List.of()).differences(whole)).isNotEmpty();
    assertThat(whole.description()).isNotEmpty();
  }
}
