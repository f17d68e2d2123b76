package io.github.steelyard.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class StudyTest {
  private static final String BASE =
      """
      model: {name: mlp, hidden: [16]}
      data: {name: fashion-mnist, train_samples: 500}
      optimizer: {name: adamw, lr: 0.01}
      compander: {a: 3}
      quick:
        train: {epochs: 1}
        data: {train_samples: 50}
      """;
  private static final String STUDY =
      """
      recipe: base.yaml
      seeds: [3, 1]
      axes:
        images:
          100: {data: {train_samples: 100}}
          200: {data: {train_samples: 200}}
        variant:
          none: {compander: null}
          decay_0.1:
            compander: null
            optimizer: {weight_decay: 0.1}
          net: {model: {name: resnet8}}
      baseline: {variant: none}
      quick:
        seeds: [0]
      """;

  @TempDir Path folder;

  private Study read(String study, boolean quick) throws IOException {
    Files.writeString(folder.resolve("base.yaml"), BASE);
    return Study.read(Files.writeString(folder.resolve("small.yaml"), study), quick);
  }

  @Test
  void givenAnAxisOfNumbers_whenTheStudyPlotsOverIt_thenItIsTaken() throws IOException {
    Study study = read(STUDY + "plot: {x: images}\nparts: {rank: \"a.{variant}.*.rank\"}\n", false);

    assertThat(study.x()).contains("images");
    assertThat(study.parts()).containsExactly("rank");
    assertThat(study.partPlaces(study.settings().get(2)))
        .containsExactly(Map.entry("rank", "a.net.*.rank"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plot: {x: variant} | values are numbers, but variant has 'none'",
        "plot: {x: image} | did you mean 'images'",
        "plot: {y: images} | y",
        "parts: {rank: 'a.{variants}.*.rank'} | parts.rank: there is no axis 'variants'; did you mean",
        "parts: {rank: layers.rank} | with one * for the parts' names"
      })
  void givenAPlotOrPartsThatCannotBe_whenTheStudyIsRead_thenTheErrorSaysWhy(
      String line, String message) {
    assertThatThrownBy(() -> read(STUDY + line + "\n", false))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenAxes_whenTheStudyIsRead_thenEveryCombinationHasItsRecipe() throws IOException {
    Study study = read(STUDY, false);

    assertThat(study.name()).isEqualTo("small");
    assertThat(study.seeds()).containsExactly(3L, 1L);
    assertThat(study.settings()).hasSize(6);
    assertThat(study.settings().stream().map(Study::label))
        .startsWith("100-none", "100-decay_0.1", "100-net", "200-none");
    Recipe decay =
        (Recipe)
            study.recipe(
                Map.of("images", "200", "variant", "decay_0.1"), 7, List.of("device=cuda"));
    assertThat(decay.seed()).isEqualTo(7);
    assertThat(decay.device()).isEqualTo("cuda");
    assertThat(decay.compander()).isEmpty();
    assertThat(decay.optimizer().weightDecay()).isEqualTo(0.1);
    assertThat(decay.optimizer().learningRate()).isEqualTo(0.01);
    assertThat(decay.data().loading().trainSamples()).isEqualTo(200);
    Recipe net = (Recipe) study.recipe(Map.of("images", "100", "variant", "net"), 3, List.of());
    assertThat(net.model().name()).isEqualTo("resnet8");
    assertThat(net.compander().orElseThrow().companding().a()).isEqualTo(3);
    assertThat(net.train().epochs()).isEqualTo(10);
    assertThat(study.measures()).containsExactly("accuracy");
    assertThat(study.places(study.settings().get(0)))
        .containsExactlyEntriesOf(Map.of("accuracy", "metrics.accuracy"));
    assertThat(study.baselineOf(Map.of("images", "100", "variant", "net")))
        .isEqualTo(Map.of("images", "100", "variant", "none"));
  }

  @Test
  void givenAnAxisThatReplacesASection_whenALaterAxisChangesIt_thenOtherSettingsStayAsTheyAre()
      throws IOException {
    Study study =
        read(
            """
            recipe: base.yaml
            seeds: [0]
            axes:
              model:
                resnet8: {model: {name: resnet8}}
              variant:
                none: {}
                dropout: {model: {dropout: 0.5}}
            """,
            false);

    Recipe changed =
        (Recipe) study.recipe(Map.of("model", "resnet8", "variant", "dropout"), 0, List.of());
    Recipe plain =
        (Recipe) study.recipe(Map.of("model", "resnet8", "variant", "none"), 0, List.of());

    assertThat(changed.model().options().chosen()).containsEntry("dropout", 0.5);
    assertThat(plain.model().options().chosen()).doesNotContainKey("dropout");
  }

  @Test
  void givenTheQuickVariant_whenTheStudyIsRead_thenTheRecipesOwnComesBeforeTheChanges()
      throws IOException {
    Study study = read(STUDY, true);

    assertThat(study.seeds()).containsExactly(0L);
    Recipe recipe = (Recipe) study.recipe(Map.of("images", "100", "variant", "none"), 0, List.of());
    assertThat(recipe.train().epochs()).isEqualTo(1);
    assertThat(recipe.data().loading().trainSamples()).isEqualTo(100);
  }

  @Test
  void givenConditions_whenSettingsAreChosen_thenValuesOfAnAxisAddUpAndAxesNarrow()
      throws IOException {
    Study study = read(STUDY, false);

    assertThat(study.settings(List.of("images=100", "variant=none", "variant=net")))
        .containsExactly(
            Map.of("images", "100", "variant", "none"), Map.of("images", "100", "variant", "net"));
    assertThat(study.settings(List.of())).hasSize(6);
    assertThatThrownBy(() -> study.settings(List.of("image=100")))
        .hasMessageContaining("did you mean 'images'?");
    assertThatThrownBy(() -> study.settings(List.of("images=10")))
        .hasMessageContaining("there is no value '10'");
    assertThatThrownBy(() -> study.settings(List.of("images")))
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
    assertThatThrownBy(() -> read(STUDY.replace(what, by), false))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining("small.yaml")
        .hasMessageContaining(message);
  }

  private static final String REPRODUCES =
      """
      measures: {accuracy: metrics.accuracy, own: "of.{variant}.it"}
      reproduces:
        methods: [sgdp]
        title: Norms
        claims:
          - claim: it helps
            paper: it does
            measure: own
            of: {variant: net}
            minus: {variant: none}
            above: -0.5
      """;

  @Test
  void givenAClaim_whenTheStudyIsRead_thenItsSettingsAreThoseThatHaveItsValues()
      throws IOException {
    Study study = read(STUDY + REPRODUCES, false);

    Reproduction reproduction = study.reproduction().orElseThrow();
    assertThat(reproduction.methods()).containsExactly("sgdp");
    Claim claim = reproduction.claims().get(0);
    assertThat(claim.side()).isEqualTo(Claim.Side.ABOVE);
    assertThat(claim.bound()).isEqualTo(-0.5);
    assertThat(claim.configuration()).isEqualTo("variant=net minus variant=none");
    assertThat(claim.measured(study.settings()).stream().map(Study::label))
        .containsExactly("100-net", "200-net");
    assertThat(claim.comparedWith(study.settings()).stream().map(Study::label))
        .containsExactly("100-none", "200-none");
    assertThat(study.places(study.settings().get(2))).containsEntry("own", "of.net.it");
    assertThat(read(STUDY, false).reproduction()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[sgdp] | [sgpd] | reproduces.methods: there is no method 'sgpd'; did you mean 'sgdp'?",
        "[sgdp] | [] | reproduces.methods must be a list of methods",
        "measure: own | measure: won | reproduces.claims.0.measure: there is no measure 'won'; did you mean 'own'?",
        "{variant: net} | {variant: nett} | reproduces.claims.0.of.variant: there is no value 'nett'; did you mean 'net'?",
        "of: {variant: net} | of: {} | reproduces.claims.0.of must name what is measured",
        "minus: {variant: none} | minus: {variant: net} | reproduces.claims.0.minus must name another setting",
        "above: -0.5 | above: much | reproduces.claims.0.above must be a number",
        "above: -0.5 | beside: 0 | unknown key 'reproduces.claims.0.beside'",
        "above: -0.5 | paper2: 0 | unknown key",
        "of.{variant}.it | of.{variants}.it | measures.own: there is no axis 'variants'; did you mean 'variant'?",
        "title: Norms | from: base.yaml | unknown key 'reproduces.from'",
      })
  void givenAMistakeInAClaim_whenTheStudyIsRead_thenItsPlaceIsNamed(
      String what, String by, String message) {
    String text = (STUDY + REPRODUCES).replace(what, by);
    assertThat(text).isNotEqualTo(STUDY + REPRODUCES);
    assertThatThrownBy(() -> read(text, false))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenAClaimWithTwoBounds_whenTheStudyIsRead_thenItIsRefused() {
    assertThatThrownBy(() -> read(STUDY + REPRODUCES + "      below: 0\n", false))
        .hasMessageContaining("needs either 'above' or 'below'");
  }

  private static final String LIFE =
      """
      model: {name: mlp, hidden: [8]}
      data: {name: fashion-mnist}
      stages:
        - {kind: train, optimizer: {name: adam}, train: {epochs: 5}, quick: {train: {epochs: 1}}}
        - {kind: explain, edges: true}
      quick: {data: {train_samples: 50}}
      """;

  private Study lives(String command, boolean quick) throws IOException {
    Files.writeString(folder.resolve("life.yaml"), LIFE);
    return read(
        "recipe: life.yaml\n"
            + command
            + """
            seeds: [3]
            axes:
              network:
                small: {}
                other: {model: {hidden: [4]}, stages: [{kind: train, optimizer: {name: adam}, quick: {train: {epochs: 2}}}]}
            """,
        quick);
  }

  @Test
  void givenAStudyOfLives_whenItIsRead_thenEachRunIsALifeWithTheChangesAndQuickVariants()
      throws IOException {
    Study quick = lives("command: life\n", true);
    LifeRecipe small = (LifeRecipe) quick.recipe(Map.of("network", "small"), 3, List.of());
    LifeRecipe other = (LifeRecipe) quick.recipe(Map.of("network", "other"), 3, List.of());
    LifeRecipe whole =
        (LifeRecipe)
            lives("command: life\n", false).recipe(Map.of("network", "small"), 3, List.of());

    assertThat(small.name()).isEqualTo("small-s3");
    Recipe train = small.stages().get(0).recipe().orElseThrow();
    assertThat(train.seed()).isEqualTo(3);
    assertThat(train.train().epochs()).isEqualTo(1);
    assertThat(train.data().loading().trainSamples()).isEqualTo(50);
    assertThat(small.stages().get(1).explain().orElseThrow().edges()).isTrue();
    assertThat(other.stages()).hasSize(1);
    assertThat(other.stages().get(0).recipe().orElseThrow().train().epochs()).isEqualTo(2);
    assertThat(whole.stages().get(0).recipe().orElseThrow().train().epochs()).isEqualTo(5);
    Path written = Files.write(folder.resolve("written.yaml"), small.toBytes());
    assertThat(small.differencesOf(written)).isEmpty();
    assertThat(whole.differencesOf(written)).isNotEmpty();
  }

  @Test
  void givenACommandThatDoesNotFitTheRecipe_whenTheStudyIsRead_thenItIsRefused() {
    assertThatThrownBy(() -> lives("", false))
        .hasMessageContaining("must be life, as the recipe")
        .hasMessageContaining("life.yaml has stages");
    assertThatThrownBy(() -> read(STUDY + "command: life\n", false))
        .hasMessageContaining("cannot be life: the recipe");
  }

  static Stream<Path> studies() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", "recipes"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("study-"))
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("studies")
  void givenAPublishedStudy_whenItIsRead_thenItIsValidAndSaysWhatItIsFor(Path file)
      throws IOException {
    assertThat(Study.read(file, true).seeds().size())
        .isLessThanOrEqualTo(Study.read(file, false).seeds().size());
    assertThat(Study.read(file, false).description()).isNotBlank();
  }
}
