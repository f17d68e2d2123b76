package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.example.serving.AskNetwork;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.Interpolation;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.predict.Classifier;
import io.github.steelyard.predict.Prediction;
import io.github.steelyard.runtime.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictCommandTest {
  @TempDir Path folder;
  private Path photos;

  @BeforeEach
  void drawPictures() throws Exception {
    photos = DrawnPictures.in(folder.resolve("photos"));
  }

  private Path run(String name, String more) throws Exception {
    return DrawnPictures.run(
        folder,
        photos,
        name,
        "input: {size: 28, crop_pct: 0.9}, batch_size: 3",
        """
        optimizer: {name: adamw, lr: 0.01}
        train: {epochs: 6}
        """
            + more);
  }

  /** The message of a command that must end without an answer. */
  private static String refused(Object... arguments) {
    CommandLineRun run =
        CommandLineRun.of(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    assertThat(run.code()).as(run.out() + run.err()).isIn(1, 2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).doesNotContain("may be a bug");
    return run.err();
  }

  /** Cross entropy of the pictures that a run measured itself on, from what predict says. */
  private double loss(Path network) throws Exception {
    JsonNode said = CommandLineRun.json("predict", network.toString(), photos.toString(), "--json");
    assertThat(said.get("pictures")).hasSize(15);
    double loss = 0;
    int measured = 0;
    for (JsonNode picture : said.get("pictures")) {
      Path file = Path.of(picture.get("file").asText());
      for (JsonNode answer : picture.get("answers")) {
        if (answer.get("name").asText().equals(file.getParent().getFileName().toString())) {
          loss -= Math.log(answer.get("probability").asDouble());
          measured++;
        }
      }
    }
    assertThat(measured).isEqualTo(15);
    return loss / measured;
  }

  @Test
  void givenARun_whenItIsAskedAboutItsPictures_thenItSaysWhatEvaluateMeasures() throws Exception {
    Path run = run("float", "export: {formats: [safetensors, onnx]}\n");
    Path all = folder.resolve("all");
    for (String split : List.of("train", "val")) {
      for (String name : DrawnPictures.CLASSES) {
        Path to = Files.createDirectories(all.resolve(split).resolve(name));
        for (Path file : DrawnPictures.files(photos.resolve(name))) {
          Files.copy(file, to.resolve(file.getFileName()));
        }
      }
    }
    double expected =
        CommandLineRun.json("evaluate", run.toString(), "--data", all.toString(), "--json")
            .at("/metrics/loss")
            .asDouble();
    Path file = run.resolve("exports/model.safetensors");

    assertThat(loss(run)).isCloseTo(expected, within(1e-5));
    assertThat(loss(file)).isCloseTo(expected, within(1e-5));

    Path picture = DrawnPictures.files(photos).get(2);
    List<Prediction> answers = Classifier.open(file).predict(picture);
    assertThat(answers).isEqualTo(Classifier.open(run).predict(picture)).hasSize(3);
    assertThat(AskNetwork.ask(run, picture))
        .isEqualTo(answers.get(0).name() + " " + answers.get(0).probability());
    assertThat(Classifier.open(run).predict(ImageIO.read(picture.toFile()))).isEqualTo(answers);
    assertThat(answers.stream().mapToDouble(Prediction::probability).sum())
        .isCloseTo(1, within(1e-9));
    assertThat(refused("predict", run.resolve("exports/model.onnx"), picture))
        .contains("ONNX Runtime", "--format safetensors or packed");
  }

  @Test
  void givenARunWhosePicturesAreGone_whenItIsAsked_thenItAnswersAllTheSame() throws Exception {
    Path run = run("float", "");
    Path kept = Files.move(photos.resolve("zebra"), folder.resolve("kept"));
    Files.move(photos, folder.resolve("gone"));

    CommandLineRun asked =
        CommandLineRun.of("predict", run.toString(), kept.toString(), "--top", "1");

    assertThat(asked.code()).as(asked.err()).isZero();
    assertThat(asked.out()).contains("a picture 0.png", "answer", "%");
    assertThat(asked.out().lines().count()).isEqualTo(6);
  }

  @Test
  void givenAQuantizedRun_whenItAndItsPackedFileAreAsked_thenTheyAgree() throws Exception {
    Path start = run("float", "");
    Path run =
        run(
            "few",
            "from: '%s'\nquantization: {weight_bits: 4, activation_bits: 8}\nexport: {formats: [packed]}\n"
                .formatted(start));

    assertThat(loss(run.resolve("exports/model-packed.safetensors")))
        .isCloseTo(loss(run), within(1e-5));
    assertThatThrownBy(() -> Classifier.open(run))
        .hasMessageContaining("puts more on its weights")
        .hasMessageContaining("steelyard export");
  }

  @Test
  void givenAReport_whenPicturesAreAsked_thenEachStandsBesideItsAnswers() throws Exception {
    Path run = run("float", "");
    Path page = folder.resolve("answers.html");
    Path names =
        Files.writeString(folder.resolve("names.txt"), DrawnPictures.files(photos).get(0) + "\n\n");

    JsonNode said =
        CommandLineRun.json(
            "predict",
            run.toString(),
            "--list",
            names.toString(),
            "--report",
            page.toString(),
            "--json");

    assertThat(said.get("pictures")).hasSize(1);
    assertThat(Files.readString(page))
        .contains("data:image/jpeg;base64,", "a picture 0.png", "Predictions");
  }

  @Test
  void givenWhatIsNoPicture_whenItIsAsked_thenItIsNamedOrLeftOut() throws Exception {
    Path run = run("float", "");
    Path text = Files.writeString(photos.resolve("ant/notes.txt"), "no picture");
    Path empty = Files.createDirectories(folder.resolve("empty"));

    assertThat(refused("predict", run, photos))
        .contains("1 picture cannot be read", text.toString(), "is no picture", "skip");
    JsonNode skipped =
        CommandLineRun.json(
            "predict", run.toString(), photos.toString(), "--on-unreadable", "skip", "--json");
    assertThat(skipped.get("pictures")).hasSize(15);
    assertThat(skipped.get("unreadable").has(text.toString())).isTrue();
    assertThat(refused("predict", run, empty)).contains("no picture in the folder");
    assertThat(refused("predict", run)).contains("name the pictures");
    assertThat(refused("predict", run, photos.resolve("ant/a pictur 0.png")))
        .contains("there is no picture", "did you mean", "a picture 0.png");
    assertThat(refused("predict", folder.resolve("nowhere"), photos))
        .contains("there is no run or file");
    assertThat(refused("predict", run, photos, "--top", "0")).contains("--top");
  }

  @Test
  void givenNetworksThatAreNoClassifiersOfPictures_whenTheyAreAsked_thenTheyAreRefused()
      throws Exception {
    Path bare = folder.resolve("bare.safetensors");
    ModelFile.save(bare, Models.create("resnet8"));
    PictureInput input = new PictureInput(8, 8, 1, Interpolation.BILINEAR, Normalization.IMAGENET);

    assertThat(refused("predict", bare, photos))
        .contains("does not say which network", "steelyard export");
    assertThatThrownBy(
            () ->
                new Classifier(
                    new Conv2d(Conv2dConfiguration.of(3, 2, 3)), input, List.of(), Device.CPU))
        .hasMessageContaining("logits of classes are [1, classes]");
    Image picture = Image.read(DrawnPictures.files(photos).get(0));
    Classifier unnamed =
        new Classifier(
            Models.create("resnet20"),
            new PictureInput(32, 32, 1, Interpolation.BILINEAR, Normalization.IMAGENET),
            List.of(),
            Device.CPU);
    assertThat(unnamed.predict(picture))
        .hasSize(10)
        .allSatisfy(answer -> assertThat(answer.name()).isEqualTo("" + answer.label()));
  }
}
