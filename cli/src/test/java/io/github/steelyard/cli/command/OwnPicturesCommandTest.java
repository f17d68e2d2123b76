package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.data.CenterCrop;
import io.github.steelyard.data.Interpolation;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.data.Resize;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnPicturesCommandTest {
  private static final String INPUT =
      "input: {size: 16, crop_pct: 0.8, interpolation: bicubic, mean: [0.5, 0.4, 0.3], std: [0.2,"
          + " 0.3, 0.4]}, ";

  @TempDir Path folder;

  @BeforeEach
  void drawPictures() throws IOException {
    Random random = new Random(1);
    for (String name : List.of("zebra", "ant", "cat")) {
      Path pictures = Files.createDirectories(folder.resolve("photos").resolve(name));
      for (int i = 0; i < 5; i++) {
        write(pictures.resolve(i + ".png"), 20, 20, random);
      }
    }
  }

  private static void write(Path file, int width, int height, Random random) throws IOException {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int base = random.nextInt(1 << 24);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        picture.setRGB(x, y, base + x * 5 + y * 7 * 256);
      }
    }
    ImageIO.write(picture, "png", file.toFile());
  }

  private String recipe(String model, String more) {
    return """
    model: {name: %s}
    data: {name: image-folder, folder: '%s', validation_fraction: 0.4, %sbatch_size: 4}
    optimizer: {name: adamw}
    train: {epochs: 1}
    """
        .formatted(model, folder.resolve("photos"), more);
  }

  private PictureInput input(String model, String more) throws IOException {
    Path file = Files.writeString(folder.resolve("input.yaml"), recipe(model, more));
    return new RecipeData(ReadRecipes.file(file)).input().orElseThrow();
  }

  private JsonNode run(String more) throws IOException {
    Path file = Files.writeString(folder.resolve("recipe.yaml"), recipe("resnet8", more));
    return CommandLineRun.json(
        "run", file.toString(), "--folder", folder.resolve("run").toString(), "--json");
  }

  @Test
  void givenANetworkThatWasPublished_whenItIsMeasured_thenItSeesPicturesAsItWasPublished()
      throws Exception {
    PictureInput deit = input("deit_tiny_patch16_224", "");
    PictureInput vit = input("vit_small_patch16_224", "");

    assertThat(deit)
        .isEqualTo(new PictureInput(224, 224, 0.9, Interpolation.BICUBIC, Normalization.IMAGENET));
    assertThat(deit.measuring().transforms())
        .containsExactly(new Resize(248, Interpolation.BICUBIC), new CenterCrop(224, 224));
    assertThat(vit.normalization().mean()).containsExactly(0.5, 0.5, 0.5);
  }

  @Test
  void givenSettingsOfARecipe_whenTheyAreResolved_thenTheyGoBeforeTheNetworksAndTheRestFollowsIt()
      throws Exception {
    PictureInput chosen =
        input("deit_tiny_patch16_224", "input: {crop_pct: 1.0, std: [0.1, 0.2, 0.3]}, ");
    PictureInput cropped =
        input("resnet18", "augment: [{random_resized_crop: {height: 160, width: 160}}], ");
    PictureInput sized = input("deit_tiny_patch16_224, image_size: 192", "");

    assertThat(chosen)
        .isEqualTo(
            new PictureInput(
                224,
                224,
                1,
                Interpolation.BICUBIC,
                new Normalization(Normalization.IMAGENET.mean(), List.of(0.1, 0.2, 0.3))));
    assertThat(cropped.height()).isEqualTo(160);
    assertThat(cropped.resize()).isEqualTo(182);
    assertThat(sized.height()).isEqualTo(192);
  }

  @Test
  void givenASmallNetworkAndSmallPictures_whenItIsMeasured_thenThePicturesAreTakenWhole()
      throws Exception {
    assertThat(input("resnet20", ""))
        .isEqualTo(new PictureInput(20, 20, 1, Interpolation.BILINEAR, Normalization.IMAGENET));
  }

  @Test
  void givenARunWithItsOwnInput_whenItIsLookedAtAgain_thenRecipeResultsAndFilesSayTheSame()
      throws Exception {
    JsonNode trained = run(INPUT);
    String run = folder.resolve("run").toString();
    JsonNode evaluated = CommandLineRun.json("evaluate", run, "--json");
    Path weights = folder.resolve("w.safetensors");
    Path graph = folder.resolve("w.onnx");
    CommandLineRun.json(
        "export", run, "--format", "safetensors", "--output", weights.toString(), "--json");
    CommandLineRun.json("export", run, "--format", "onnx", "--output", graph.toString(), "--json");

    JsonNode expected =
        Json.MAPPER.readTree(
            """
            {"size": 16, "crop_pct": 0.8, "interpolation": "bicubic",
             "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}
            """);
    Path results = folder.resolve("run/results.json");
    assertThat(Json.MAPPER.readTree(results.toFile()).get("input")).isEqualTo(expected);
    assertThat(Files.readString(folder.resolve("run/recipe.yaml")))
        .contains("crop_pct: 0.8", "image_size: 16");
    assertThat(evaluated.at("/metrics/loss").asDouble())
        .isCloseTo(trained.at("/metrics/loss").asDouble(), within(1e-6));
    try (SafeTensorsFile open = SafeTensors.open(weights)) {
      saysHow(open.metadata(), expected);
    }
    try (OrtSession session = OrtEnvironment.getEnvironment().createSession(graph.toString())) {
      saysHow(session.getMetadata().getCustomMetadata(), expected);
    }
  }

  private static void saysHow(Map<String, String> metadata, JsonNode expected) throws IOException {
    assertThat(Json.MAPPER.readTree(metadata.get("steelyard.input"))).isEqualTo(expected);
    assertThat(metadata.get("steelyard.class_names")).isEqualTo("[\"ant\",\"cat\",\"zebra\"]");
  }

  @Test
  void givenAWrongInput_whenItIsRead_thenKeyAndRightValueAreNamed() throws Exception {
    Path file =
        Files.writeString(folder.resolve("bad.yaml"), recipe("resnet8", "input: {crop: 1}, "));
    Path value =
        Files.writeString(
            folder.resolve("value.yaml"), recipe("resnet8", "input: {crop_pct: 1.5}, "));
    Path two =
        Files.writeString(
            folder.resolve("two.yaml"),
            recipe(
                "resnet8", "augment: [{center_crop: {height: 8, width: 8}}], input: {size: 9}, "));

    assertThat(CommandLineRun.refused("run", file.toString()))
        .contains("data.input.crop", "crop_pct");
    assertThat(CommandLineRun.refused("run", value.toString()))
        .contains("data.input.crop_pct", "at most 1", "1.5");
    assertThat(CommandLineRun.refused("run", two.toString(), "--folder", folder + "/two"))
        .contains("9 x 9", "8 x 8");
  }

  @Test
  void givenAFolder_whenItIsShown_thenCountsSplitAndLeaksAreSaid() throws Exception {
    Path photos = folder.resolve("photos");
    Files.copy(photos.resolve("ant/0.png"), photos.resolve("cat/9.png"));
    Files.write(photos.resolve("cat/empty.jpg"), new byte[0]);
    JsonNode json = CommandLineRun.json("data", "show", photos.toString(), "--json");
    CommandLineRun text =
        CommandLineRun.of("data", "show", photos.toString(), "--validation-fraction", "0.4");

    assertThat(json.at("/files").asInt()).isEqualTo(17);
    assertThat(json.at("/split/drawn").asBoolean()).isTrue();
    assertThat(json.at("/train/samples_by_class"))
        .isEqualTo(Json.MAPPER.readTree("{\"ant\": 4, \"cat\": 5, \"zebra\": 4}"));
    assertThat(json.at("/test/samples").asInt()).isEqualTo(3);
    assertThat(json.at("/sizes/most_common")).isEqualTo(Json.MAPPER.readTree("[20, 20]"));
    assertThat(json.at("/unreadable/0/file").asText()).isEqualTo("cat/empty.jpg");
    assertThat(json.at("/in_several_classes").asInt()).isEqualTo(1);
    assertThat(text.code()).as(text.err()).isZero();
    assertThat(text.out())
        .contains("16 pictures that can be read, 3 classes")
        .containsPattern("all +10 +6")
        .contains("drawn: 40 % of each class", "PNG 16", "all 20 x 20", "every picture, whole")
        .contains("cat/empty.jpg: is empty")
        .contains("the same picture in several classes")
        .contains("ant/0.png = ");
    assertThat(text.err()).contains("looking at pictures");
    assertThat(
            CommandLineRun.json(
                "data", "show", "image-folder", "--data", photos.toString(), "--json"))
        .isEqualTo(json);
    assertThat(CommandLineRun.refused("data", "show", folder + "/nowhere"))
        .contains("nowhere does not exist");
    assertThat(CommandLineRun.refused("data", "show", "fashion-mnis"))
        .contains("did you mean 'fashion-mnist'");
    assertThat(CommandLineRun.refused("data", "show", photos.toString(), "--check", "all"))
        .contains("--check must be auto, whole or kind");
  }

  @Test
  void givenARunWithItsOwnInput_whenItOrItsFileIsAttacked_thenItSeesThePicturesAsMeasured()
      throws Exception {
    Files.createDirectories(folder.resolve("split"));
    Files.createSymbolicLink(folder.resolve("split/train"), folder.resolve("photos"));
    Files.createSymbolicLink(folder.resolve("split/val"), folder.resolve("photos"));
    Path file =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            recipe("resnet8", INPUT)
                .replace(folder.resolve("photos").toString(), folder.resolve("split").toString()));
    String run = folder.resolve("run").toString();
    CommandLineRun.json("run", file.toString(), "--folder", run, "--json");
    Path weights = folder.resolve("w.safetensors");
    CommandLineRun.json(
        "export", run, "--format", "safetensors", "--output", weights.toString(), "--json");
    String[] how = {"--epsilon", "1/255", "--attack", "fgsm", "--protocol", "quick", "--json"};
    JsonNode ofRun = CommandLineRun.json(FineTuningTest.with(new String[] {"attack", run}, how));
    JsonNode ofFile =
        CommandLineRun.json(
            FineTuningTest.with(
                new String[] {
                  "attack",
                  "resnet8",
                  "--weights",
                  weights.toString(),
                  "--dataset",
                  "image-folder",
                  "--data",
                  folder.resolve("split").toString()
                },
                how));

    ((ObjectNode) ofRun).remove("checkpoint");
    ((ObjectNode) ofFile).remove("checkpoint");
    assertThat(ofFile).isEqualTo(ofRun);
  }

  @Test
  void givenADataSetThatIsBuiltIn_whenItIsGivenAnInput_thenAllOfTheRunUsesIt() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("built-in.yaml"),
            """
            model: {name: resnet8}
            data: {name: fashion-mnist, input: {size: 14, mean: [0.3], std: [0.4]}, batch_size: 20,
                   train_samples: 40, test_samples: 20}
            optimizer: {name: sgd, lr: 0.01}
            train: {epochs: 1}
            """);
    String run = folder.resolve("built-in").toString();
    JsonNode trained = CommandLineRun.json("run", file.toString(), "--folder", run, "--json");
    JsonNode evaluated = CommandLineRun.json("evaluate", run, "--json");
    Path weights = folder.resolve("b.safetensors");
    CommandLineRun.json(
        "export", run, "--format", "safetensors", "--output", weights.toString(), "--json");

    assertThat(evaluated.at("/metrics/loss").asDouble())
        .isCloseTo(trained.at("/metrics/loss").asDouble(), within(1e-6));
    try (SafeTensorsFile open = SafeTensors.open(weights)) {
      JsonNode input = Json.MAPPER.readTree(open.metadata().get("steelyard.input"));
      assertThat(input.get("size").asInt()).isEqualTo(14);
      assertThat(input.get("mean")).isEqualTo(Json.MAPPER.readTree("[0.3]"));
      assertThat(Json.MAPPER.readTree(open.metadata().get("steelyard.class_names"))).hasSize(10);
    }
  }
}
