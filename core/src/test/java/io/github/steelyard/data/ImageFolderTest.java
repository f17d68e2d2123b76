package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
  @TempDir Path folder;

  private Path put(String sample, String target) throws IOException {
    Path file = folder.resolve(target);
    Files.createDirectories(file.getParent());
    return Files.copy(ReferenceImages.resource("images/" + sample), file);
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
            .hasMessageContaining("is no picture");
        assertThat(stream.hasNext()).isFalse();
      }
    }
  }
}
