package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.compander.CompanderConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class StudyTest {
  @TempDir Path folder;

  private Study read(String study) throws IOException {
    return StudySamples.read(folder, study, false);
  }

  @Test
  void givenAnAxisOfNumbers_whenTheStudyPlotsOverIt_thenItIsTaken() throws IOException {
    Study study = read(StudySamples.STUDY + "plot: {x: images}\n");

    assertThat(study.plot()).contains(new StudyPlot("images", List.of("variant")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plot: {x: variant} | values are numbers, but variant has 'none'",
        "plot: {x: image} | did you mean 'images'",
        "plot: {y: images} | y",
        "plot: {by: [variant]} | the key 'plot.x' is missing",
        "plot: {x: images, by: [images]} | there is no axis 'images' beside images",
        "plot: {x: images, by: [variants]} | did you mean 'variant'",
        "plot: {x: images, by: variant} | plot.by must be a list of axes, such as [variant]",
      })
  void givenAPlotThatCannotBe_whenTheStudyIsRead_thenTheErrorSaysWhy(String line, String message) {
    assertThatThrownBy(() -> read(StudySamples.STUDY + line + "\n"))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenAxes_whenTheStudyIsRead_thenEveryCombinationHasItsRecipe() throws IOException {
    Study study = read(StudySamples.STUDY);

    assertThat(study.name()).isEqualTo("small");
    assertThat(study.seeds()).containsExactly(3L, 1L);
    assertThat(study.axes().settings()).hasSize(6);
    assertThat(study.axes().settings().stream().map(StudyAxes::label))
        .startsWith("100-none", "100-decay_0.1", "100-net", "200-none");
    Recipe decay =
        (Recipe)
            study
                .recipes()
                .of(
                    Map.of("images", "200", "variant", "decay_0.1"),
                    7,
                    Optional.empty(),
                    List.of("device=cuda"));
    assertThat(decay.seed()).isEqualTo(7);
    assertThat(decay.device()).isEqualTo("cuda");
    assertThat(decay.section(CompanderConfiguration.class)).isEmpty();
    assertThat(decay.optimizer().weightDecay()).isEqualTo(0.1);
    assertThat(decay.optimizer().learningRate()).isEqualTo(0.01);
    assertThat(decay.data().loading().trainSamples()).isEqualTo(200);
    Recipe net =
        (Recipe)
            study
                .recipes()
                .of(Map.of("images", "100", "variant", "net"), 3, Optional.empty(), List.of());
    assertThat(net.model().name()).isEqualTo("resnet8");
    assertThat(net.section(CompanderConfiguration.class).orElseThrow().companding().a())
        .isEqualTo(3);
    assertThat(net.train().epochs()).isEqualTo(10);
    assertThat(study.measures().names()).containsExactly("accuracy");
    assertThat(study.baselineOf(Map.of("images", "100", "variant", "net")))
        .isEqualTo(Map.of("images", "100", "variant", "none"));
  }

  @Test
  void givenConditions_whenSettingsAreChosen_thenValuesOfAnAxisAddUpAndAxesNarrow()
      throws IOException {
    Study study = read(StudySamples.STUDY);

    assertThat(study.axes().settings(List.of("images=100", "variant=none", "variant=net")))
        .containsExactly(
            Map.of("images", "100", "variant", "none"), Map.of("images", "100", "variant", "net"));
    assertThat(study.axes().settings(List.of())).hasSize(6);
    assertThatThrownBy(() -> study.axes().settings(List.of("image=100")))
        .hasMessageContaining("did you mean 'images'?");
    assertThatThrownBy(() -> study.axes().settings(List.of("images=10")))
        .hasMessageContaining("there is no value '10'");
    assertThatThrownBy(() -> study.axes().settings(List.of("images")))
        .hasMessageContaining("write --only AXIS=VALUE");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "seeds: [3, 1] | seeds: [] | line 2: seeds must be a list of whole numbers",
        "seeds: [3, 1] | seeds: [1, 1] | seeds must be different whole numbers, but there is the number 1 twice",
        "seeds: [3, 1] | seeds: [1.5] | but there is the number 1.5",
        "seeds: [3, 1] | seed: [1] | line 2: unknown key 'seed'; did you mean 'seeds'?",
        "base.yaml | nothing.yaml | line 1: recipe must be a recipe beside the study",
        "weight_decay: 0.1 | weight_dcay: 0.1 | line 11: unknown key 'optimizer.weight_dcay'; did you mean 'weight_decay'?",
        "train_samples: 200 | train_samples: -2 | line 6: data.train_samples must be at least 0, but is -2",
        "baseline: {variant: none} | baseline: {variant: non} | line 13: baseline.variant: there is no value 'non'; did you mean 'none'?",
        "baseline: {variant: none} | baseline: {variants: none} | did you mean 'variant'?",
        "decay_0.1: | decay 0.1: | must be named by letters, digits, dots",
        "seeds: [0] | seeds: 0 | line 15: seeds must be a list",
      })
  void givenAMistake_whenTheStudyIsRead_thenItsPlaceIsNamed(
      String what, String by, String message) {
    assertThatThrownBy(() -> read(StudySamples.STUDY.replace(what, by)))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining("small.yaml")
        .hasMessageContaining(message);
  }

  static Stream<Path> studies() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", "recipes"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("study-"))
          .toList()
          .stream();
    }
  }

  @Tag("once")
  @ParameterizedTest
  @MethodSource("studies")
  void givenAPublishedStudy_whenItIsRead_thenItSaysWhatItIsForAndNoTwoSettingsAreTheSameRecipe(
      Path file) throws IOException {
    Study whole = Study.read(file, false);
    Study quick = Study.read(file, true);

    assertThat(whole.description()).isNotBlank();
    assertThat(quick.seeds().size()).isLessThanOrEqualTo(whole.seeds().size());
    requireDifferentRecipes(whole);
    requireDifferentRecipes(quick);
  }

  private static void requireDifferentRecipes(Study study) {
    Map<Map<String, String>, RunRecipe> before = new LinkedHashMap<>();
    for (Map<String, String> setting : study.axes().settings()) {
      RunRecipe recipe = study.recipes().of(setting, 0, Optional.empty(), List.of());
      before.forEach(
          (other, twin) ->
              assertThat(
                      start(study, other).equals(start(study, setting))
                          && recipe.differences(twin).isEmpty())
                  .as("%s does as %s", recipe.name(), twin.name())
                  .isFalse());
      before.put(setting, recipe);
    }
  }

  private static Optional<String> start(Study study, Map<String, String> setting) {
    return study.recipes().startFolder(setting, 0);
  }
}
