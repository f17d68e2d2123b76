package io.github.steelyard.cli.command;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.RunDirectory;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Balanced sampling and class weights, where one class has a fifth of the pictures of another. */
@Tag("once")
class RareClassesTest {
  @TempDir Path folder;

  @BeforeEach
  void drawPictures() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    draw("often", 25, random);
    draw("rare", 5, random);
  }

  private void draw(String name, int count, SplittableRandom random) throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("photos").resolve(name));
    for (int i = 0; i < count; i++) {
      BufferedImage picture = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 64; p++) {
        picture.setRGB(p % 8, p / 8, random.nextInt(1 << 24));
      }
      ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
    }
  }

  /** 20 and 4 pictures to train on. */
  private String recipe(String data, String loss, String more) {
    return """
    model: {name: mlp, hidden: [8]}
    data: {name: image-folder, folder: '%s', batch_size: 4, augment: [], input: {size: 8}%s}
    loss: {%s}
    optimizer: {name: sgd, lr: 0.05}
    schedule: {name: constant}
    train: {epochs: 2, log_every: 1%s}
    """
        .formatted(folder.resolve("photos"), data, loss, more);
  }

  private JsonNode run(String name, String recipe, String... more) throws IOException {
    Path file = Files.writeString(folder.resolve(name + ".yaml"), recipe);
    String[] command = {
      "run", file.toString(), "--folder", folder.resolve(name).toString(), "--json"
    };
    return json(FineTuningTest.with(command, more));
  }

  private JsonNode results(String name) throws IOException {
    return Json.MAPPER.readTree(folder.resolve(name).resolve("results.json").toFile());
  }

  private String reason(String recipe) throws IOException {
    return refused("run", Files.writeString(folder.resolve("bad.yaml"), recipe).toString());
  }

  @Test
  void givenBalancedClassWeights_whenTrained_thenTheyAreScikitLearnsAndStandInTheResults()
      throws IOException {
    run("weighted", recipe("", "class_weights: balanced", ""));
    run("plain", recipe("", "label_smoothing: 0", ""));

    assertThat(results("weighted").at("/class_weights/often").asDouble()).isEqualTo(24 / 40.0);
    assertThat(results("weighted").at("/class_weights/rare").asDouble()).isEqualTo(24 / 8.0);
    assertThat(results("plain").has("class_weights")).isFalse();
    assertThat(results("weighted").at("/metrics/loss").asDouble())
        .as("another training, measured alike")
        .isNotEqualTo(results("plain").at("/metrics/loss").asDouble());
    assertThat(Files.readString(folder.resolve("weighted/recipe.yaml")))
        .contains("class_weights: balanced")
        .doesNotContain("balanced: ");
  }

  @Test
  void givenWeightsInOrderOrByName_whenTrained_thenTheyMeanTheSame() throws IOException {
    run("listed", recipe("", "class_weights: [1, 2.5]", ""));
    run("named", recipe("", "class_weights: {rare: 2.5}", ""));

    assertThat(results("named").get("class_weights"))
        .isEqualTo(Json.MAPPER.readTree("{\"often\": 1.0, \"rare\": 2.5}"));
    assertThat(results("named").get("metrics")).isEqualTo(results("listed").get("metrics"));
    assertThat(Files.readString(folder.resolve("named/recipe.yaml"))).contains("rare: 2.5");
  }

  @Test
  void givenMicroBatches_whenClassesAreWeighed_thenTheTrainingIsThatOfLargeBatches()
      throws IOException {
    run(
        "large",
        recipe("", "class_weights: balanced", "").replace("batch_size: 4", "batch_size: 8"));
    run("micro", recipe("", "class_weights: balanced", ", accumulation: 2"));

    assertThat(results("micro").at("/metrics/loss").asDouble())
        .isCloseTo(results("large").at("/metrics/loss").asDouble(), within(1e-5));
  }

  @Test
  void givenBalancedSampling_whenTrainedInTwoParts_thenItEndsInTheBitsOfOneTraining()
      throws IOException {
    JsonNode whole = run("whole", recipe(", balanced: true", "label_smoothing: 0", ""));
    run("parts", recipe(", balanced: true", "label_smoothing: 0", ""), "--set", "train.epochs=1");
    run(
        "parts",
        recipe(", balanced: true", "label_smoothing: 0", ""),
        "--resume",
        "--set",
        "train.epochs=2");
    run("plain", recipe("", "label_smoothing: 0", ""));

    assertThat(whole.get("steps").asInt()).as("24 samples in an epoch").isEqualTo(12);
    assertThat(weights("parts").equal(weights("whole"))).isTrue();
    assertThat(weights("plain").equal(weights("whole"))).isFalse();
    assertThat(Files.readString(folder.resolve("whole/recipe.yaml"))).contains("balanced: true");
  }

  private Tensor weights(String name) throws IOException {
    try (RunDirectory directory = RunDirectory.open(folder.resolve(name))) {
      Path newest = directory.newestCheckpoint().orElseThrow();
      return Scope.compute(
          () -> Checkpoint.read(newest).part("model").tensors().get("fc1.weight").clone());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "adversarial: trades, epsilon: 8/255, steps: 2",
        "adversarial: pgd, epsilon: 8/255, steps: 2",
        "teacher: {name: mlp, hidden: [8], weights: 'TEACHER', kind: hard}",
        "teacher: {name: mlp, hidden: [8], weights: 'TEACHER'}",
        "label_smoothing: 0.1"
      })
  void givenAnyLoss_whenClassesAreWeighedAndDrawnAlike_thenItTrains(String loss)
      throws IOException {
    Path teacher = folder.resolve("teacher.safetensors");
    if (loss.contains("TEACHER")) {
      run("before", recipe("", "label_smoothing: 0", ""));
      json(
          "export",
          folder.resolve("before").toString(),
          "--format",
          "safetensors",
          "--output",
          teacher.toString(),
          "--json");
    }
    JsonNode ended =
        run(
            "run",
            recipe(
                ", balanced: true",
                loss.replace("TEACHER", teacher.toString()) + ", class_weights: balanced",
                ", accumulation: 2"));

    assertThat(ended.get("outcome").asText()).isEqualTo("COMPLETED");
    assertThat(Double.isFinite(ended.at("/metrics/loss").asDouble())).isTrue();
  }

  @Test
  void givenMixedPictures_whenClassesAreWeighedAndDrawnAlike_thenItTrains() throws IOException {
    JsonNode ended =
        run("mixed", recipe(", balanced: true, mixup: {}", "class_weights: balanced", ""));

    assertThat(ended.get("outcome").asText()).isEqualTo("COMPLETED");
  }

  @Test
  void givenWrongWeights_whenRead_thenTheReasonAndTheRightValueAreNamed() throws IOException {
    assertThat(reason(recipe("", "class_weights: balance", "")))
        .contains("loss.class_weights must be balanced, a list", "but is 'balance'");
    assertThat(reason(recipe("", "class_weights: []", ""))).contains("but is empty");
    assertThat(reason(recipe("", "class_weights: 3", ""))).contains("but is the number 3");
    assertThat(reason(recipe("", "class_weights: [1, 0]", "")))
        .contains("loss.class_weights.1 must be above 0, but is 0", "data.classes");
    assertThat(reason(recipe("", "class_weights: {rare: much}", "")))
        .contains("loss.class_weights.rare must be a number");
    assertThat(reason(recipe("", "class_weights: [1, 2, 3]", "")))
        .contains("3 numbers, but the data has 2 classes: often, rare");
    assertThat(reason(recipe("", "class_weights: {rar: 2}", "")))
        .contains("the class 'rar'", "did you mean 'rare'?");
    assertThat(reason(recipe(", balanced: 1", "label_smoothing: 0", "")))
        .contains("data.balanced must be true or false");
    assertThat(folder.resolve("runs")).doesNotExist();
  }

  @Test
  void givenClassesThatAreLearnedStepByStep_whenTheyAreBalanced_thenItIsRefusedWithTheReason()
      throws IOException {
    String steps =
        """
        model: {name: resnet20}
        data: {name: fashion-mnist%s}
        loss: {%s}
        optimizer: {name: sgd}
        incremental: {strategies: wa, steps: [5, 5], memory: {total: 20}}
        """;
    assertThat(reason(steps.formatted(", balanced: true", "")))
        .contains("data.balanced must be false: the strategy decides which samples");
    assertThat(reason(steps.formatted("", "class_weights: balanced")))
        .contains("loss.class_weights", "the strategy decides the loss");
  }

  @Test
  void givenALife_whenItsDataIsBalanced_thenStagesThatTrainTakeItAndNewClassesNeedItOff()
      throws IOException {
    String life =
        """
        model: {name: mlp, hidden: [8]}
        data: {name: fashion-mnist, batch_size: 10, train_samples: 60, test_samples: 30, balanced: true}
        stages:
          - {kind: train, classes: [Trouser, Dress], loss: {class_weights: balanced},
             optimizer: {name: sgd}, train: {epochs: 1}}
          - {kind: extend, classes: [Coat], optimizer: {name: sgd}, train: {epochs: 1}%s}
        """;
    assertThat(reason(life.formatted("")))
        .contains("data.balanced must be false: the strategy decides which samples");
    Path file =
        Files.writeString(folder.resolve("life.yaml"), life.formatted(", data: {balanced: false}"));
    CommandLineRun ended =
        CommandLineRun.of("run", file.toString(), "--folder", folder.resolve("life").toString());

    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(Files.readString(folder.resolve("life/1-train/recipe.yaml")))
        .contains("balanced: true", "class_weights: balanced");
    assertThat(Files.readString(folder.resolve("life/2-extend/recipe.yaml")))
        .doesNotContain("balanced");
  }

  @Test
  void givenAStudy_whenItComparesWaysToTreatRareClasses_thenEachVariantHasItsOwn()
      throws IOException {
    Files.writeString(folder.resolve("base.yaml"), recipe("", "label_smoothing: 0", ""));
    Path study =
        Files.writeString(
            folder.resolve("study.yaml"),
            """
            name: rare
            recipe: base.yaml
            axes:
              treatment:
                plain: {}
                weights: {loss: {class_weights: balanced}}
                sampling: {data: {balanced: true}}
            seeds: [0]
            """);
    CommandLineRun ended =
        CommandLineRun.of("run", study.toString(), "--folder", folder.resolve("study").toString());

    assertThat(ended.code()).as(ended.err()).isZero();
  }
}
