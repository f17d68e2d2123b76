package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.FileFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageFolderTest {
  private static final Map<String, Image> EXPECTED = ReferenceImages.read("images.safetensors");

  @TempDir Path folder;

  private Path put(String sample, String target) throws IOException {
    Path file = folder.resolve(target);
    Files.createDirectories(file.getParent());
    return Files.copy(ReferenceImages.resource("images/" + sample), file);
  }

  static Stream<String> files() {
    return EXPECTED.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("files")
  void givenAnImageOfEachEncoding_whenItIsRead_thenItsPixelsArePillows(String name)
      throws IOException {
    Image expected = EXPECTED.get(name);
    Image actual = ImageDecoder.read(ReferenceImages.resource("images/" + name));
    assertThat(actual.shape()).isEqualTo(expected.shape());
    int worst = 0;
    long sum = 0;
    for (int i = 0; i < expected.pixels().length; i++) {
      int difference = Math.abs((actual.pixels()[i] & 0xFF) - (expected.pixels()[i] & 0xFF));
      worst = Math.max(worst, difference);
      sum += difference;
    }
    // JPEG leaves the rounding of the cosine transform to the decoder.
    assertThat(worst).isLessThanOrEqualTo(name.endsWith(".jpg") ? 3 : 0);
    assertThat((double) sum / expected.pixels().length).isLessThan(0.5);
  }

  @Test
  void givenAFolderPerClass_whenItIsOpened_thenClassesAreNumberedByNameAndFilesSorted()
      throws IOException {
    put("rgb.png", "train/zebra/2.PNG");
    put("rgb-444.jpg", "train/zebra/deep/1.jpeg");
    put("grey.png", "train/ant/a.png");
    put("grey.png", "train/ant/.hidden.png");
    Files.writeString(folder.resolve("train/ant/notes.txt"), "no image");
    put("grey.jpg", "val/ant/b.jpg");
    put("grey.jpg", "val/zebra/b.jpg");
    Dataset training = Datasets.get("image-folder").open(Split.TRAIN, folder);
    assertThat(training.classNames()).containsExactly("ant", "zebra");
    assertThat(training.size()).isEqualTo(3);
    assertThat(training.describe(0)).isEqualTo("ant/a.png");
    assertThat(training.describe(1)).isEqualTo("zebra/2.PNG");
    assertThat(training.describe(2)).isEqualTo("zebra/deep/1.jpeg");
    assertThat(training.sample(2).label()).isEqualTo(1);
    assertThat(training.sample(2).image().shape()).isEqualTo(new ImageShape(3, 45, 61));
    Dataset validation = Datasets.get("image-folder").open(Split.TEST, folder);
    assertThat(validation.size()).isEqualTo(2);
    assertThat(validation.fingerprint()).isNotEqualTo(training.fingerprint());
    assertThat(Datasets.get("image-folder").open(Split.TEST, folder).fingerprint())
        .isEqualTo(validation.fingerprint());
  }

  @Test
  void givenWrongFolders_whenTheyAreOpened_thenTheErrorNamesTheFolderAndTheLayout()
      throws IOException {
    assertThatThrownBy(() -> ImageFolder.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("no class folders");
    assertThatThrownBy(() -> ImageFolder.open(folder.resolve("nowhere")))
        .hasMessageContaining("nowhere does not exist");
    assertThatThrownBy(() -> Datasets.get("image-folder").open(Split.TRAIN, folder))
        .hasMessageContaining("holds no folder 'train'")
        .hasMessageContaining("train/CLASS/IMAGE");
    assertThatThrownBy(() -> Datasets.get("image-folder").open(Split.TRAIN))
        .hasMessageContaining("needs the folder");
    put("rgb.png", "train/full/1.png");
    Files.createDirectories(folder.resolve("train/hollow"));
    assertThatThrownBy(() -> ImageFolder.open(folder.resolve("train")))
        .hasMessageContaining("hollow holds no images");
    put("rgb.png", "val/other/1.png");
    put("rgb.png", "val/full/1.png");
    assertThatThrownBy(() -> Datasets.get("image-folder").open(Split.TEST, folder))
        .hasMessageContaining("missing [hollow], unknown [other]");
  }

  @Test
  void givenAFileThatIsCutShort_whenItIsRead_thenItIsAnErrorAndNotAGreyImage() throws IOException {
    for (String name : new String[] {"rgb-444.jpg", "progressive.jpg", "rgb.png", "cmyk.jpg"}) {
      byte[] whole = Files.readAllBytes(ReferenceImages.resource("images/" + name));
      Path file = folder.resolve(name);
      for (int part = 1; part < 10; part++) {
        Files.write(file, Arrays.copyOf(whole, whole.length * part / 10));
        assertThatThrownBy(() -> ImageDecoder.read(file))
            .as("%s cut to %d tenths", name, part)
            .isInstanceOf(FileFormatException.class)
            .hasMessageContaining(name);
      }
    }
  }

  @Test
  void givenADamagedImageInAFolder_whenItIsLoaded_thenTheErrorNamesFileAndSample()
      throws IOException {
    put("rgb.png", "cat/1.png");
    Files.writeString(folder.resolve("cat/2.png"), "this is no image", StandardCharsets.UTF_8);
    Preprocessing preprocessing =
        Preprocessing.of(Normalization.IMAGENET, RandomResizedCrop.of(32));
    for (int workers : new int[] {0, 2}) {
      DataLoader loader =
          new DataLoader(
              ImageFolder.open(folder),
              preprocessing,
              LoaderConfiguration.evaluation(2).withWorkers(workers));
      try (BatchStream stream = loader.epoch(0, 0)) {
        assertThatThrownBy(stream::next)
            .isInstanceOf(UncheckedIOException.class)
            .hasMessageContaining("Sample 1")
            .hasMessageContaining("cat/2.png")
            .hasMessageContaining("neither a JPEG nor a PNG");
        assertThat(stream.hasNext()).isFalse();
      }
    }
  }
}
