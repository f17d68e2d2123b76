package io.github.steelyard.cli.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.cli.incremental.IncrementalRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.cli.section.PruningRecipe;
import io.github.steelyard.cli.section.QuantizationRecipe;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LifeRecipeTest {
  private static final String SHARED =
      """
      seed: 3
      model: {name: mlp, hidden: [8]}
      data: {name: fashion-mnist, batch_size: 10}
      stages:
      """;
  private static final String OPTIMIZER = "optimizer: {name: adamw}";
  private static final String TRAIN = "{kind: train, " + OPTIMIZER + "}";
  private static final String SOME =
      "{kind: train, classes: [Coat, Bag], " + OPTIMIZER + ", quick: {train: {epochs: 1}}}";
  private static final String PRUNE = "{kind: prune, " + OPTIMIZER + ", pruning: {sparsity: 0.5}}";
  private static final String QUANTIZE =
      "{kind: quantize, "
          + OPTIMIZER
          + ", quantization: {weight_bits: 4, activation_bits: 4, method: lsq,"
          + " annealing: {epochs: 1}}}";
  private static final String EXTEND = "{kind: extend, classes: [Dress], " + OPTIMIZER + "}";
  private static final String MORE = EXTEND.replace("Dress", "Shirt");
  private static final String EXPLAIN = "{kind: explain, samples: 10}";
  private static final String EXPORT = "{kind: export, formats: [packed, onnx]}";

  private static LifeRecipe parse(String yaml, boolean quick, String... settings) {
    return (LifeRecipe)
        ReadRecipes.of("life.yaml", yaml.getBytes(StandardCharsets.UTF_8), quick, settings);
  }

  private static LifeRecipe life(String... stages) {
    StringBuilder yaml = new StringBuilder(SHARED);
    for (String stage : stages) {
      yaml.append("  - ").append(stage).append('\n');
    }
    return parse(yaml.toString(), false);
  }

  private static void refused(String reason, String... stages) {
    assertThatThrownBy(() -> life(stages))
        .isInstanceOf(RecipeException.class)
        .hasMessageStartingWith("life.yaml, line " + (4 + stages.length))
        .hasMessageContaining(reason);
  }

  @Test
  void givenAWholeLife_whenItIsRead_thenEachStageHasTheRecipeOfItsCommand() {
    LifeRecipe life = life(SOME, PRUNE, QUANTIZE, EXTEND, MORE, EXPLAIN, EXPORT);

    assertThat(life.name()).isEqualTo("life");
    assertThat(life.firstClasses()).containsExactly("Coat", "Bag");
    assertThat(life.stages()).extracting(LifeStage::folder).startsWith("1-train", "2-prune");
    Recipe train = life.stages().get(0).recipe().orElseThrow();
    assertThat(train.name()).isEqualTo("life-1-train");
    assertThat(train.seed()).isEqualTo(3);
    assertThat(train.data().classes()).containsExactly("Coat", "Bag");
    Recipe quantize = life.stages().get(2).recipe().orElseThrow();
    assertThat(
            quantize.section(PruningRecipe.class).orElseThrow().weights().orElseThrow().sparsity())
        .isEqualTo(0.5);
    assertThat(quantize.section(QuantizationRecipe.class).orElseThrow().annealing()).isPresent();
    Recipe extend = life.stages().get(3).recipe().orElseThrow();
    assertThat(extend.data().classes()).isEmpty();
    assertThat(extend.section(QuantizationRecipe.class).orElseThrow().annealing()).isEmpty();
    assertThat(extend.section(QuantizationRecipe.class).orElseThrow().configuration().rules())
        .singleElement()
        .satisfies(rule -> assertThat(rule.bits().isFloat()).isTrue());
    assertThat(extend.section(PruningRecipe.class).orElseThrow().weights().orElseThrow().except())
        .containsExactly("fc2");
    Recipe again = life.stages().get(4).recipe().orElseThrow();
    IncrementalRecipe incremental = again.section(IncrementalRecipe.class).orElseThrow();
    assertThat(incremental.order().names()).containsExactly("Coat", "Bag", "Dress", "Shirt");
    assertThat(incremental.steps().listed()).containsExactly(3, 1);
    assertThat(incremental.startsTrained()).isTrue();
    assertThat(again.section(QuantizationRecipe.class).orElseThrow().configuration().rules())
        .hasSize(1);
    assertThat(life.stages().get(6).formats()).containsExactly("packed", "onnx");
  }

  @Test
  void givenOrdersThatMakeNoSense_whenTheyAreRead_thenEachIsRefusedWithItsReason() {
    refused("there is no trained network to export: put a stage {kind: train}", EXPORT);
    refused("there is no trained network to prune", PRUNE);
    refused("needs the section 'pruning'", TRAIN, "{kind: prune, " + OPTIMIZER + "}");
    refused("trained once", TRAIN, TRAIN);
    refused("prune first, then quantize", TRAIN, QUANTIZE, PRUNE);
    refused("cannot follow prune (stage 2)", TRAIN, PRUNE, PRUNE);
    refused("cannot follow quantize (stage 2)", TRAIN, QUANTIZE, QUANTIZE);
    refused("has no level at zero", TRAIN, PRUNE, QUANTIZE.replace("lsq", "statsq"));
    refused("knows all classes of the data already", TRAIN, EXTEND);
    refused("'Coat' is known already since stage 1", SOME, EXTEND.replace("Dress", "Coat"));
    refused("'Dress' is known already", SOME, EXTEND, EXTEND);
    refused("the network is not quantized", TRAIN, EXPORT);
    refused(
        "holds weights in full precision", TRAIN, QUANTIZE, "{kind: export, formats: safetensors}");
    refused("did you mean 'hidden1'?", TRAIN, "{kind: explain, layers: [hiden1, output]}");
    refused(
        "needs attention, of which mlp has none",
        TRAIN,
        "{kind: quantize, "
            + OPTIMIZER
            + ", quantization: {weight_bits: 2, activation_bits: 2,"
            + " query_key_reparameterization: true}}");
    String filters = PRUNE.replace("{sparsity: 0.5}", "{filters: {rate: 0.5}}");
    refused("removed filters", TRAIN, filters, QUANTIZE);
    refused("removed filters", SOME, filters, EXTEND);
    refused(
        "trains a new network",
        SOME,
        "{kind: extend, classes: [Dress], incremental: {strategies: [joint]}, " + OPTIMIZER + "}");
    refused(
        "is decided by the stages",
        SOME,
        "{kind: extend, classes: [Dress], incremental: {steps: [2, 1]}, " + OPTIMIZER + "}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{kind: trian}                                     | did you mean 'train'?",
        "{optimizer: {name: adamw}}                        | kind' is missing",
        "{kind: train}                                     | optimizer",
        "{kind: train, optimiser: {name: sgd}}             | did you mean",
        "{kind: train, pruning: {sparsity: 0.5}}           | has no meaning in a stage 'train'",
        "{kind: train, optimizer: {name: adamw, lr: -1}}   | optimizer.lr",
        "{kind: train, classes: [Coat], optimizer: {name: sgd}} | at least two classes",
        "{kind: train, quick: {trian: 1}, optimizer: {name: sgd}} | trian",
      })
  void givenAMistakeInAStage_whenItIsRead_thenTheErrorNamesItsLine(String stage, String reason) {
    assertThatThrownBy(() -> life(stage))
        .isInstanceOf(RecipeException.class)
        .hasMessageStartingWith("life.yaml, line 5")
        .hasMessageContaining(reason);
  }

  @Test
  void givenMistakesAroundStages_whenTheyAreRead_thenTheyAreRefused() {
    assertThatThrownBy(() -> parse(SHARED + "  []\n", false)).hasMessageContaining("stages");
    assertThatThrownBy(() -> parse("stage: []\n" + SHARED + "  []\n", false))
        .hasMessageContaining("did you mean 'stages'?");
    String attack = "attack: {epsilon: 0.1, attacks: [pdg-20]}\n" + SHARED + "  - " + TRAIN + "\n";
    assertThatThrownBy(() -> parse(attack, false)).hasMessageContaining("'pgd-20'");
  }

  @Test
  void givenSettingsAndTheQuickVariant_whenALifeIsRead_thenStagesChangeAndItReadsBackTheSame() {
    String yaml = SHARED + "  - " + SOME + "\n  - " + EXTEND + "\n";

    LifeRecipe quick =
        parse(yaml, true, "stages.extend.train.epochs=4", "stages.1.optimizer.lr=0.5");

    assertThat(quick.stages().get(0).recipe().orElseThrow().train().epochs()).isEqualTo(1);
    Recipe extend = quick.stages().get(1).recipe().orElseThrow();
    assertThat(extend.train().epochs()).isEqualTo(4);
    assertThat(extend.optimizer().learningRate()).isEqualTo(0.5);
    assertThat(parse(quick.toYaml(), false).differences(quick)).isEmpty();
    assertThat(parse(yaml, false).differences(quick))
        .anyMatch(difference -> difference.contains("stages.1.train.epochs"));
    assertThatThrownBy(() -> parse(yaml, false, "stages.prune.train.epochs=1"))
        .hasMessageContaining("'stages' is a list: name an item by its number, from 0 to 1");
  }
}
