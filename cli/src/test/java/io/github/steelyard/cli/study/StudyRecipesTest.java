package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.cli.life.LifeRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.run.RunKinds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyRecipesTest {
  private static final String LIFE =
      """
      model: {name: mlp, hidden: [8]}
      data: {name: fashion-mnist}
      stages:
        - {kind: train, optimizer: {name: adam}, train: {epochs: 5}, quick: {train: {epochs: 1}}}
        - {kind: explain, edges: true}
      quick: {data: {train_samples: 50}}
      """;

  @TempDir Path folder;

  private Study read(String study, boolean quick) throws IOException {
    return StudySamples.read(folder, study, quick);
  }

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
        (Recipe)
            study
                .recipes()
                .of(
                    Map.of("model", "resnet8", "variant", "dropout"),
                    0,
                    Optional.empty(),
                    List.of());
    Recipe plain =
        (Recipe)
            study
                .recipes()
                .of(Map.of("model", "resnet8", "variant", "none"), 0, Optional.empty(), List.of());

    assertThat(changed.model().options().chosen()).containsEntry("dropout", 0.5);
    assertThat(plain.model().options().chosen()).doesNotContainKey("dropout");
  }

  @Test
  void givenTheQuickVariant_whenTheStudyIsRead_thenTheRecipesOwnComesBeforeTheChanges()
      throws IOException {
    Study study = read(StudySamples.STUDY, true);

    assertThat(study.seeds()).containsExactly(0L);
    Recipe recipe =
        (Recipe)
            study
                .recipes()
                .of(Map.of("images", "100", "variant", "none"), 0, Optional.empty(), List.of());
    assertThat(recipe.train().epochs()).isEqualTo(1);
    assertThat(recipe.data().loading().trainSamples()).isEqualTo(100);
  }

  @Test
  void givenAStudyOfLives_whenItIsRead_thenEachRunIsALifeWithTheChangesAndQuickVariants()
      throws IOException {
    Study quick = lives("", true);
    LifeRecipe small =
        (LifeRecipe) quick.recipes().of(Map.of("network", "small"), 3, Optional.empty(), List.of());
    LifeRecipe other =
        (LifeRecipe) quick.recipes().of(Map.of("network", "other"), 3, Optional.empty(), List.of());
    LifeRecipe whole =
        (LifeRecipe)
            lives("", false)
                .recipes()
                .of(Map.of("network", "small"), 3, Optional.empty(), List.of());

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
    RunRecipe again = RunKinds.load().read(written, false, List.of());
    assertThat(small.differences(again)).isEmpty();
    assertThat(whole.differences(again)).isNotEmpty();
  }
}
