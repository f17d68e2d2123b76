package io.github.steelyard.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.cli.incremental.ClassOrder;
import io.github.steelyard.cli.incremental.ExtensionRecipe;
import io.github.steelyard.cli.incremental.IncrementalRecipe;
import io.github.steelyard.incremental.HeadBias;
import io.github.steelyard.incremental.MemoryConfiguration;
import io.github.steelyard.incremental.Restrictions;
import io.github.steelyard.incremental.Selection;
import io.github.steelyard.train.TrainingConfiguration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IncrementalRecipeTest {
  private static final String RECIPE =
      """
      model: {name: mlp}
      data: {name: fashion-mnist}
      optimizer: {name: sgd}
      incremental:
        strategies: [lwf, wa]
        steps: [4, 3, 3]
        memory: {total: 200}
      """;

  private static Recipe parse(String yaml, String... settings) {
    return ReadRecipes.of(yaml, settings);
  }

  @Test
  void givenTheLeast_whenTheRecipeIsRead_thenThePublishedValuesAreFilledIn() {
    IncrementalRecipe recipe = parse(RECIPE).section(IncrementalRecipe.class).orElseThrow();

    assertThat(recipe.memory()).contains(MemoryConfiguration.total(200));
    assertThat(recipe.order()).isEqualTo(new ClassOrder(ClassOrder.Kind.SHUFFLED, List.of(), 1993));
    TrainingConfiguration training = TrainingConfiguration.ofEpochs(1);
    assertThat(recipe.configuration("wa", training).temperature()).isEqualTo(2);
    assertThat(recipe.configuration("wa", training).heldOut()).isEqualTo(0.1);
    assertThat(recipe.configuration("wa", training).strategy().restriction())
        .isEqualTo(Restrictions.NON_NEGATIVE);
    assertThat(recipe.configuration("lwf", training).strategy().restriction())
        .isEqualTo(Restrictions.NONE);
  }

  @Test
  void givenEverySetting_whenTheRecipeIsWrittenAndReadAgain_thenItIsTheSame() {
    Recipe recipe =
        parse(
            RECIPE,
            "incremental.strategies=wa",
            "incremental.steps={first: 4, increment: 2}",
            "incremental.class_order=[Bag, 7, Coat]",
            "incremental.memory={per_class: 5, selection: random}",
            "incremental.temperature=3",
            "incremental.held_out=0.2",
            "incremental.restriction=false",
            "incremental.head=net.2",
            "incremental.head_bias=aligned",
            "incremental.extensions=[{classes: [a, b], dataset: glyphs, folder: /data}, {classes: [c]}]");

    Recipe again = parse(recipe.toYaml());

    assertThat(again).isEqualTo(recipe);
    IncrementalRecipe incremental = again.section(IncrementalRecipe.class).orElseThrow();
    assertThat(incremental.order().names()).containsExactly("Bag", "7", "Coat");
    assertThat(incremental.memory().orElseThrow().selection()).isEqualTo(Selection.RANDOM);
    assertThat(incremental.steps().of(9)).containsExactly(4, 2, 2, 1);
    assertThat(
            incremental
                .configuration("wa", TrainingConfiguration.ofEpochs(1))
                .strategy()
                .restriction())
        .isEqualTo(Restrictions.NONE);
    assertThat(incremental.configuration("wa", TrainingConfiguration.ofEpochs(1)).headBias())
        .isEqualTo(HeadBias.ALIGNED);
    assertThat(incremental.extensions())
        .containsExactly(
            new ExtensionRecipe(List.of("a", "b"), "glyphs", "/data"),
            new ExtensionRecipe(List.of("c"), null, null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "strategies: [lwf, wa] | strategys: [wa] | line 5 | did you mean",
        "strategies: [lwf, wa] | strategies: [lwf, lwf] | line 5 | stands twice",
        "strategies: [lwf, wa] | strategies: [bik] | line 5 | there is no strategy 'bik'",
        "steps: [4, 3, 3] | steps: [4, x] | line 6 | must be how many classes the step brings",
        "steps: [4, 3, 3] | steps: {first: 4} | line 6 | incremental.steps.increment must be at least 1",
        "steps: [4, 3, 3] | steps: 4 | line 6 | a mapping such as {first: 50, increment: 10}",
        "memory: {total: 200} | memory: {total: 9} | line 7 | no place for each of 10 classes",
        "memory: {total: 200} | memory: {total: 0} | line 7 | at least one exemplar",
        "memory: {total: 200} | memory: {totl: 200} | line 7 | did you mean",
        "memory: {total: 200} | memory: {total: 200, selection: best} | line 7 | one of herding, random",
      })
  void givenAWrongValue_whenTheRecipeIsRead_thenLineAndReasonAreGiven(
      String right, String wrong, String line, String message) {
    assertThatThrownBy(() -> parse(RECIPE.replace(right, wrong)))
        .isInstanceOf(RecipeException.class)
        .message()
        .contains("r.yaml, " + line)
        .containsIgnoringCase(message);
  }

  @Test
  void givenABiasCorrectionWithOneExemplarAClass_whenTheRecipeIsRead_thenItIsRefused() {
    assertThatThrownBy(
            () -> parse(RECIPE, "incremental.strategies=bic", "incremental.memory.total=19"))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining("bias correction needs two exemplars of each class");
  }

  @Test
  void givenAlignedBiasesOfAStrategyThatAlignsNothing_whenTheRecipeIsRead_thenTheyAreRefused() {
    assertThatThrownBy(() -> parse(RECIPE, "incremental.head_bias=aligned"))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining("head_bias")
        .hasMessageContaining("the biases of the strategy 'lwf' cannot be aligned");
  }

  @Test
  void givenStrategiesWithoutExemplars_whenNoMemoryIsGiven_thenNoneIsNeeded() {
    Recipe recipe =
        parse(
            RECIPE.replace("  memory: {total: 200}\n", ""),
            "incremental.strategies=[joint, finetune]");

    assertThat(recipe.section(IncrementalRecipe.class).orElseThrow().memory()).isEmpty();
    assertThat(parse(recipe.toYaml())).isEqualTo(recipe);
  }
}
