package io.github.steelyard.cli.command;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.RunDirectory;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class FineTuningTest {
  private static final String DATA =
      "data: {name: fashion-mnist, batch_size: 50, train_samples: 200, test_samples: 100,"
          + " augment: []}\n";
  private static final String MLP =
      "model: {name: mlp, hidden: [16, 12]}\n" + DATA + "train: {epochs: 2, log_every: 1}\n";

  @TempDir Path folder;

  private Path recipe(String text) throws IOException {
    return Files.writeString(folder.resolve("small.yaml"), text);
  }

  private Path weights(String name, ModelOptions options, String model) throws IOException {
    Seeds.set(3);
    Path file = folder.resolve(name + ".safetensors");
    ModelFile.save(file, Models.create(model, options));
    return file;
  }

  /** The parameters that training moved. */
  private static Set<String> moved(Path start, Path run) throws IOException {
    Path newest;
    try (RunDirectory directory = RunDirectory.open(run)) {
      newest = directory.newestCheckpoint().orElseThrow();
    }
    Module before = Models.create("mlp", mlp());
    ModelFile.loadStrict(start, before);
    return Scope.compute(
        () -> {
          Map<String, Tensor> after = Checkpoint.read(newest).part("model").tensors();
          Set<String> moved = new TreeSet<>();
          before
              .stateDict()
              .forEach(
                  (name, tensor) -> {
                    if (!tensor.equal(after.get(name))) {
                      moved.add(name);
                    }
                  });
          return moved;
        });
  }

  private static ModelOptions mlp() {
    return ModelOptions.none().with(o -> o.hidden = List.of(16, 12)).with(o -> o.classes = 10);
  }

  @Test
  void givenFrozenLayers_whenTrained_thenTheyKeepTheirWeights() throws IOException {
    Path start = weights("mlp", mlp(), "mlp");
    Path run = folder.resolve("run");
    Path recipe =
        recipe(
            MLP.replace("12]}", "12], weights: '" + start + "'}")
                + "optimizer: {name: adamw, lr: 0.01}\nfreeze: {layers: [fc1]}\n");

    json("run", recipe.toString(), "--folder", run.toString(), "--json");

    assertThat(moved(start, run)).isNotEmpty().noneMatch(name -> name.startsWith("fc1."));
    assertThat(Files.readString(run.resolve("recipe.yaml"))).contains("unfreeze_every: 0");
  }

  @Test
  void givenGradualUnfreezing_whenTrainedForAnEpochOfIt_thenOnlyTheHeadMoved() throws IOException {
    Path start = weights("mlp", mlp(), "mlp");
    Path run = folder.resolve("run");
    Path recipe =
        recipe(
            MLP.replace("12]}", "12], weights: '" + start + "'}").replace("epochs: 2", "epochs: 1")
                + "optimizer: {name: adamw, lr: 0.01}\nfreeze: {unfreeze_every: 1}\n");

    json("run", recipe.toString(), "--folder", run.toString(), "--json");

    assertThat(moved(start, run)).containsExactly("fc3.bias", "fc3.weight");
  }

  @Test
  void givenLayerDecay_whenTrained_thenTheLogHasARateForEachDepth() throws IOException {
    Path run = folder.resolve("run");
    Path recipe =
        recipe(
            "model: {name: resnet8}\n"
                + DATA.replace("200", "50")
                + "optimizer: {name: sgd, lr: 0.1, layer_decay: 0.5}\n"
                + "train: {epochs: 1, log_every: 1}\n");

    json("run", recipe.toString(), "--folder", run.toString(), "--json");

    assertThat(Files.readString(run.resolve("recipe.yaml"))).contains("layer_decay: 0.5");
    assertThat(Files.readString(run.resolve("metrics.jsonl")))
        .contains("\"layer_0_decay\":", "\"layer_1_decay\":")
        .doesNotContain("\"decay\":");
  }

  @Test
  void givenWhatMakesNoSense_whenRead_thenTheKeyAndTheNearestAreNamed() throws IOException {
    String optimizer = "optimizer: {name: adamw}\n";
    assertThat(refused("run", recipe(MLP + optimizer + "freeze: {}\n").toString()))
        .contains("freeze", "needs layers");
    assertThat(refused("run", recipe(MLP + optimizer + "freeze: {layer: [a]}\n").toString()))
        .contains("unknown key 'freeze.layer'", "did you mean 'layers'?");
    assertThat(refused("run", recipe(MLP + optimizer + "freeze: {layers: [fc7]}\n").toString()))
        .contains("freezing 'fc7': there is no such part");
    assertThat(
            refused("run", recipe(MLP + optimizer + "freeze: {unfreeze_every: -1}\n").toString()))
        .contains("unfreeze_every", "at least 0");
    for (String wrong : new String[] {"0", "1.5", "x"}) {
      assertThat(
              refused(
                  "run",
                  recipe(MLP + optimizer.replace("}", ", layer_decay: " + wrong + "}")).toString()))
          .contains("optimizer.layer_decay must be");
    }
  }

  @Test
  void givenAFinishedRun_whenResumedWithMoreEpochs_thenItIsTrainedFurtherAndFollowedUpAnew()
      throws IOException {
    Path recipe =
        recipe(MLP + "optimizer: {name: adamw, lr: 0.01}\nexport: {formats: [safetensors]}\n");
    Path run = folder.resolve("run");
    json("run", recipe.toString(), "--folder", run.toString(), "--json");
    byte[] exported = Files.readAllBytes(run.resolve("exports/model.safetensors"));
    String[] resume = {
      "run", recipe.toString(), "--folder", run.toString(), "--resume", "--set", "train.epochs=3"
    };

    assertThat(refused(with(resume, "--set", "model.hidden=[8]"))).contains("model.hidden is [16,");
    assertThat(refused(with(resume, "--set", "optimizer.weight_decay=0")))
        .contains("optimizer.weight_decay is ");
    assertThat(Files.readString(run.resolve("recipe.yaml"))).contains("epochs: 2");
    CommandLineRun longer = CommandLineRun.of(with(resume, "--set", "optimizer.lr=0.001"));
    JsonNode again = json(with(resume, "--set", "optimizer.lr=0.001", "--json"));

    assertThat(longer.code()).as(longer.err()).isZero();
    assertThat(longer.err())
        .contains("the run is trained further", "train.epochs is 2, not 3", "resuming after step 8")
        .contains("writing ");
    assertThat(Files.readString(run.resolve("recipe.yaml"))).contains("epochs: 3", "lr: 0.001");
    assertThat(again.get("steps").asLong()).isEqualTo(12);
    assertThat(Files.readAllBytes(run.resolve("exports/model.safetensors"))).isNotEqualTo(exported);
    assertThat(refused("run", recipe.toString(), "--folder", run.toString(), "--resume"))
        .contains("train.epochs is 3, not 2");
  }

  /** What is on the disk between the writes of a run that begins to be trained further. */
  @ParameterizedTest
  @ValueSource(strings = {"results removed", "recipe replaced"})
  void givenARunThatWasKilledWhenItBeganToTrainFurther_whenResumed_thenItEndsAsIfItWasNot(
      String state) throws IOException {
    Path recipe = recipe(MLP + "optimizer: {name: adamw, lr: 0.01}\n");
    Path run = folder.resolve("run");
    Path whole = folder.resolve("whole");
    String[] begin = {"run", recipe.toString(), "--folder", run.toString(), "--json"};
    String[] longer = with(begin, "--resume", "--set", "train.epochs=3");
    json(begin);
    json("run", recipe.toString(), "--folder", whole.toString(), "--json");
    json(
        "run",
        recipe.toString(),
        "--folder",
        whole.toString(),
        "--resume",
        "--set",
        "train.epochs=3",
        "--json");
    Files.delete(run.resolve("results.json"));
    if (state.equals("recipe replaced")) {
      Files.copy(
          whole.resolve("recipe.yaml"),
          run.resolve("recipe.yaml"),
          StandardCopyOption.REPLACE_EXISTING);
      assertThat(refused(with(begin, "--resume"))).contains("train.epochs is 3, not 2");
    }

    JsonNode ended = json(longer);

    assertThat(ended.get("steps").asLong()).isEqualTo(12);
    assertThat(ended.at("/metrics"))
        .isEqualTo(Json.MAPPER.readTree(whole.resolve("results.json").toFile()).at("/metrics"));
  }

  @Test
  void givenARunWhoseResultsAreGone_whenItIsResumedAsItWas_thenItHasThemAgain() throws IOException {
    Path recipe = recipe(MLP + "optimizer: {name: adamw, lr: 0.01}\n");
    String run = folder.resolve("run").toString();
    JsonNode first = json("run", recipe.toString(), "--folder", run, "--json");
    Files.delete(Path.of(run, "results.json"));

    JsonNode again = json("run", recipe.toString(), "--folder", run, "--resume", "--json");

    assertThat(again.get("steps")).isEqualTo(first.get("steps"));
    assertThat(again.get("metrics")).isEqualTo(first.get("metrics"));
  }

  @Test
  void givenALife_whenAStageIsToTrainLonger_thenTheDifferenceIsNamed() throws IOException {
    Path recipe =
        recipe(
            "model: {name: mlp, hidden: [8]}\n"
                + DATA
                + "stages:\n  - {kind: train, optimizer: {name: sgd}, train: {epochs: 1}}\n"
                + "  - {kind: export, formats: [safetensors]}\n");
    String[] command = {"run", recipe.toString(), "--folder", folder + "/life"};
    assertThat(CommandLineRun.of(command).code()).isZero();

    assertThat(refused(with(command, "--resume", "--set", "stages.train.train.epochs=2")))
        .contains("was started with another recipe", "epochs is 1, not 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"layers: [fc1, fc2]", "layers: [fc1]"})
  void givenFrozenLayersBesideNewClasses_whenLearned_thenTheyKeepTheirWeights(String frozen)
      throws IOException {
    Path life =
        recipe(
            "model: {name: mlp, hidden: [16, 12]}\n"
                + DATA.replace("batch_size: 50", "batch_size: 10")
                + "stages:\n"
                + "  - {kind: train, classes: [Trouser, Dress, Bag], optimizer: {name: sgd},"
                + " train: {epochs: 1}}\n"
                + "  - {kind: extend, classes: [Coat, Sandal], optimizer: {name: sgd, lr: 0.1},"
                + " train: {epochs: 1}, freeze: {"
                + frozen
                + "}}\n"
                + "  - {kind: export, formats: [safetensors]}\n");
    Path run = folder.resolve("life");
    CommandLineRun ended = CommandLineRun.of("run", life.toString(), "--folder", run.toString());

    assertThat(ended.code()).as(ended.err()).isZero();
    Path newest;
    try (RunDirectory first = RunDirectory.open(run.resolve("1-train"))) {
      newest = first.bestCheckpoint().orElseThrow();
    }
    Scope.run(
        () -> {
          Map<String, Tensor> before = Checkpoint.read(newest).part("model").tensors();
          try (SafeTensorsFile after =
              SafeTensors.open(run.resolve("3-export/exports/model.safetensors"))) {
            assertThat(after.read("fc1.weight").equal(before.get("fc1.weight"))).isTrue();
            assertThat(after.read("fc2.weight").equal(before.get("fc2.weight")))
                .isEqualTo(!frozen.equals("layers: [fc1]"));
            assertThat(after.read("fc3.weight").narrow(0, 0, 3).equal(before.get("fc3.weight")))
                .isFalse();
            assertThat(after.read("fc3.weight").size(0)).isEqualTo(5);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Test
  void givenGradualUnfreezingBesideNewClasses_whenRead_thenItIsRefusedWithTheReason()
      throws IOException {
    Path steps =
        recipe(
            "model: {name: mlp, hidden: [8]}\n"
                + DATA
                + "optimizer: {name: sgd}\nfreeze: {unfreeze_every: 1}\n"
                + "incremental: {strategies: wa, steps: [5, 5], memory: {total: 20}}\n");

    assertThat(refused("run", steps.toString()))
        .contains("freeze.unfreeze_every must be 0 beside incremental", "freeze.layers");
  }

  @Test
  void givenARunThatPatienceEnded_whenResumedWithMoreEpochs_thenItIsTrainedNoFurther()
      throws IOException {
    Path recipe =
        recipe(
            MLP.replace("epochs: 2", "epochs: 5, patience: 1")
                + "optimizer: {name: sgd, lr: 0.0, momentum: 0.0}\n");
    Path run = folder.resolve("run");
    String[] command = {"run", recipe.toString(), "--folder", run.toString(), "--json"};
    JsonNode first = json(command);
    JsonNode again = json(with(command, "--resume", "--set", "train.epochs=9"));

    assertThat(first.get("outcome").asText()).isEqualTo("STOPPED_EARLY");
    assertThat(first.get("steps").asLong()).isEqualTo(8);
    assertThat(again.get("outcome").asText()).isEqualTo("STOPPED_EARLY");
    assertThat(again.get("steps").asLong()).isEqualTo(8);
  }

  /** Squares that are red, green or blue, with noise. */
  private Path photos() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    for (int label = 0; label < 3; label++) {
      Path own = Files.createDirectories(folder.resolve("photos").resolve("colour-" + label));
      for (int n = 0; n < 10; n++) {
        BufferedImage picture = new BufferedImage(28, 28, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 28 * 28; i++) {
          picture.setRGB(i % 28, i / 28, (200 << (8 * label)) | random.nextInt(0x404040));
        }
        ImageIO.write(picture, "png", own.resolve(n + ".png").toFile());
      }
    }
    return folder.resolve("photos");
  }

  @Test
  void givenPicturesAndWeightsOfOtherClasses_whenTheFineTuningRecipeRuns_thenItEndsInFiles()
      throws IOException {
    Path start =
        weights(
            "vit",
            ModelOptions.none().with(o -> o.classes = 7).with(o -> o.inputChannels = 3),
            "vit_mini_patch7_28");
    Path copied = folder.resolve("finetune.yaml");
    Path run = folder.resolve("run");
    assertThat(CommandLineRun.of("recipes", "copy", "finetune", copied.toString()).code()).isZero();

    CommandLineRun ended =
        CommandLineRun.of(
            "run",
            copied.toString(),
            "--folder",
            run.toString(),
            "--json",
            "--set",
            "model={name: vit_mini_patch7_28, weights: '" + start + "'}",
            "--set",
            "data={name: image-folder, folder: '" + photos() + "', batch_size: 8}",
            "--set",
            "stages.train.train.epochs=4",
            "--set",
            "stages.train.freeze.unfreeze_every=1",
            "--set",
            "stages.train.optimizer.lr=3e-3",
            "--set",
            "stages.train.train.average_decay=0.5",
            "--set",
            "stages.quantize.train.epochs=1",
            "--set",
            "stages.quantize.schedule.warmup_epochs=0");

    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.err()).contains("made a new head for 3 classes, as the one there is for 7");
    JsonNode trained = Json.MAPPER.readTree(run.resolve("1-train/results.json").toFile());
    assertThat(trained.at("/best/metric").asText()).isEqualTo("average.accuracy");
    assertThat(trained.at("/best/value").asDouble()).isGreaterThan(0.6);
    JsonNode quantized = Json.MAPPER.readTree(run.resolve("2-quantize/results.json").toFile());
    assertThat(quantized.at("/best/value").asDouble()).isGreaterThan(0.6);
    assertThat(run.resolve("3-export/exports/model.onnx")).isRegularFile();
    assertThat(run.resolve("report.html")).isRegularFile();
  }

  static String[] with(String[] some, String... more) {
    String[] all = Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }
}
