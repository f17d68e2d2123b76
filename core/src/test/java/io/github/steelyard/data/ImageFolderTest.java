package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
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
    Files.writeString(folder.resolve("train/ant/Thumbs.db"), "a system's own");
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
        .hasMessageContaining("holds no class folders");
    assertThatThrownBy(() -> Datasets.get("image-folder").open(Split.TRAIN, folder.resolve("gone")))
        .hasMessageContaining("gone does not exist");
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
  void givenPicturesOfManyFormats_whenTheFolderIsOpened_thenAllAreSeenWhateverTheirNames()
      throws IOException {
    put("rgb.png", "a/1 ä.png");
    copy("pictures/lossless.webp", "a/2.webp");
    copy("pictures/rgb.bmp", "a/3.bmp");
    copy("pictures/plain.tif", "a/4.tif");
    copy("pictures/palette.gif", "a/no ending");
    copy("images/cmyk.jpg", "Fräulein Müller/x.JPG");
    ImageFolder data = ImageFolder.open(folder);
    assertThat(data.classNames()).containsExactly("Fräulein Müller", "a");
    assertThat(data.size()).isEqualTo(6);
    assertThat(data.describe(1)).isEqualTo("a/1 ä.png");
    assertThat(data.report().decoded()).isTrue();
    assertThat(data.report().sizes()).hasToString("Optional[20 x 29 to 45 x 61 pixels]");
    assertThat(data.shape()).isEmpty();
    for (int i = 0; i < data.size(); i++) {
      assertThat(data.sample(i).image().channels()).isEqualTo(3);
    }
  }

  @Test
  void givenFilesThatCannotBeRead_whenTheFolderIsOpened_thenTheyAreCountedAndNamedOrSkipped()
      throws IOException {
    put("rgb.png", "a/1.png");
    put("rgb.png", "b/1.png");
    Files.write(folder.resolve("a/2.png"), new byte[0]);
    Files.writeString(folder.resolve("b/notes.txt"), "no picture");
    byte[] whole = Files.readAllBytes(ReferenceImages.resource("images/rgb-444.jpg"));
    Files.write(folder.resolve("b/3.jpg"), Arrays.copyOf(whole, whole.length / 2));
    put("rgb.png", "stray.png");
    Files.writeString(folder.resolve("labels.csv"), "beside the classes and no picture");
    assertThatThrownBy(() -> ImageFolder.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("4 of 6 files in " + folder + " cannot be read")
        .hasMessageContaining("a/2.png: is empty")
        .hasMessageContaining("b/notes.txt: is no picture")
        .hasMessageContaining("b/3.jpg: ")
        .hasMessageContaining("stray.png: lies in no class folder")
        .hasMessageContaining("on_unreadable: skip");
    ImageFolder data = ImageFolder.open(folder, skipping(null, null));
    assertThat(data.size()).isEqualTo(2);
    assertThat(data.report().files()).isEqualTo(6);
    assertThat(data.report().unreadable()).hasSize(4);
    assertThat(data.report().duplicates()).containsExactly(List.of("a/1.png", "b/1.png"));
    assertThat(data.shape()).contains(new ImageShape(3, 45, 61));
  }

  @Test
  void givenABackslashInAName_whenItIsRead_thenItIsANameLikeAnyOtherAndLeavesNoFolder()
      throws IOException {
    assumeThat(File.separatorChar).isEqualTo('/');
    Files.createDirectories(folder.resolve("train/c/x"));
    put("grey.png", "secret.png");
    put("rgb.png", "train/c/x\\..\\..\\secret.png");
    put("rgb.png", "train/c/x/other.png");
    ImageFolder data = ImageFolder.open(folder.resolve("train"));
    assertThat(data.size()).isEqualTo(2);
    for (int i = 0; i < 2; i++) {
      assertThat(data.sample(i).image())
          .isEqualTo(ImageDecoder.read(ReferenceImages.resource("images/rgb.png")));
    }
  }

  @Test
  void givenNoSplit_whenPartsAreOpened_thenEachClassIsSplitBySeedAndARareOneIsOnBothSides()
      throws IOException {
    for (int i = 0; i < 10; i++) {
      put("rgb.png", "common/" + i + ".png");
    }
    put("rgb.png", "rare/1.png");
    put("rgb.png", "rare/2.png");
    put("rgb.png", "single/1.png");
    DatasetSource source = Datasets.get("image-folder");
    Dataset training = source.open(Split.TRAIN, folder);
    Dataset held = source.open(Split.TEST, folder);
    assertThat(counts(training)).containsExactly(8, 1, 1);
    assertThat(counts(held)).containsExactly(2, 1, 0);
    assertThat(names(training)).doesNotContainAnyElementsOf(names(held));
    assertThat(names(source.open(Split.TEST, folder))).isEqualTo(names(held));
    ImageFolderConfiguration half =
        new ImageFolderConfiguration(null, null, OnUnreadable.FAIL, PictureCheck.AUTO, 0.5, 7);
    assertThat(counts(source.withOptions(half).open(Split.TEST, folder))).containsExactly(5, 1, 0);
  }

  @Test
  void givenACsvFile_whenItIsOpened_thenPathsAreRelativeToItAndClassesHaveTheirNames()
      throws IOException {
    put("rgb.png", "photos/one, two.png");
    put("rgb.png", "photos/b.png");
    put("rgb.png", "photos/c.png");
    Files.writeString(
        folder.resolve("photos/labels.csv"),
        "Path,label,split\n\"one, two.png\",2,train\nb.png,10,val\nc.png,2,test\n");
    ImageFolderConfiguration named = skipping("photos/labels.csv", null);
    Dataset training = ImageFolder.open(folder, Split.TRAIN, named);
    assertThat(training.classNames()).containsExactly("2", "10");
    assertThat(names(training)).containsExactly("one, two.png");
    assertThat(names(ImageFolder.open(folder, Split.TEST, named)))
        .containsExactly("b.png", "c.png");
    Files.writeString(folder.resolve("names.txt"), "cat\ndog\n");
    Files.writeString(folder.resolve("photos/labels.csv"), "path,label\nb.png,1\ngone.png,0\n");
    ImageFolder data = ImageFolder.open(folder, skipping("photos/labels.csv", "names.txt"));
    assertThat(data.classNames()).containsExactly("cat", "dog");
    assertThat(data.label(0)).isEqualTo(1);
    assertThat(data.report().unreadable().get(0).reason()).isEqualTo("does not exist");
    Files.writeString(folder.resolve("photos/labels.csv"), "file,label\nb.png,1\n");
    assertThatThrownBy(() -> ImageFolder.open(folder, named))
        .hasMessageContaining("has no column 'path'");
    Files.writeString(folder.resolve("photos/labels.csv"), "\"path\"x,label\nb.png,1\n");
    assertThatThrownBy(() -> ImageFolder.open(folder, named))
        .hasMessageContaining("labels.csv: is no CSV file");
    assertThatThrownBy(() -> ImageFolder.open(folder, skipping("nowhere.csv", null)))
        .hasMessageContaining("nowhere.csv does not exist");
  }

  @Test
  void givenAFileOfNames_whenFoldersAreOpened_thenClassesHaveThem() throws IOException {
    put("rgb.png", "n01/1.png");
    put("rgb.png", "n02/1.png");
    Files.writeString(folder.resolve("names.txt"), "tench\nshark\n");
    assertThat(ImageFolder.open(folder, skipping(null, "names.txt")).classNames())
        .containsExactly("tench", "shark");
    Files.writeString(folder.resolve("names.txt"), "tench\n");
    assertThatThrownBy(() -> ImageFolder.open(folder, skipping(null, "names.txt")))
        .hasMessageContaining("1 class names, but 2 class folders in " + folder);
  }

  @Test
  void givenAFileOfNamesBesideSplits_whenTheyAreOpened_thenBothHaveTheNames() throws IOException {
    put("rgb.png", "train/n01/1.png");
    put("rgb.png", "train/n02/1.png");
    put("rgb.png", "val/n01/1.png");
    put("rgb.png", "val/n02/1.png");
    Files.writeString(folder.resolve("names.txt"), "\uFEFFtench\r\nwhite shark\r\n");
    for (Split split : Split.values()) {
      assertThat(ImageFolder.open(folder, split, skipping(null, "names.txt")).classNames())
          .containsExactly("tench", "white shark");
    }
  }

  @Test
  void givenLabelsThatBeginAtOneOrHaveGaps_whenNamesAreGiven_thenTheyAreNamedInOrder()
      throws IOException {
    put("rgb.png", "a.png");
    put("rgb.png", "b.png");
    Files.writeString(folder.resolve("names.txt"), "cat\ndog\n");
    for (String labels : List.of("1,2", "0,1", "3,10")) {
      String[] two = labels.split(",");
      Files.writeString(
          folder.resolve("labels.csv"), "path,label\nb.png," + two[1] + "\na.png," + two[0]);
      ImageFolder data = ImageFolder.open(folder, skipping("labels.csv", "names.txt"));
      assertThat(data.classNames()).containsExactly("cat", "dog");
      assertThat(data.label(0)).as(labels).isEqualTo(1);
      assertThat(data.label(1)).as(labels).isZero();
      assertThat(ImageFolder.open(folder, skipping("labels.csv", null)).classNames())
          .containsExactly(two);
    }
    Files.writeString(folder.resolve("labels.csv"), "path,label\nb.png,0\na.png,1\na.png,2");
    assertThatThrownBy(() -> ImageFolder.open(folder, skipping("labels.csv", "names.txt")))
        .hasMessageContaining("label 2 is too large");
  }

  private Path copy(String sample, String target) throws IOException {
    Path file = folder.resolve(target);
    Files.createDirectories(file.getParent());
    return Files.copy(ReferenceImages.resource(sample), file);
  }

  private static ImageFolderConfiguration skipping(String csv, String names) {
    return new ImageFolderConfiguration(csv, names, OnUnreadable.SKIP, PictureCheck.WHOLE, 0.2, 0);
  }

  private static int[] counts(Dataset data) {
    int[] counts = new int[data.classNames().size()];
    for (int i = 0; i < data.size(); i++) {
      counts[data.label(i)]++;
    }
    return counts;
  }

  private static List<String> names(Dataset data) {
    return IntStream.range(0, data.size()).mapToObj(data::describe).toList();
  }

  @Test
  void givenADamagedImageInAFolder_whenItIsLoaded_thenTheErrorNamesFileAndSample()
      throws IOException {
    put("rgb.png", "cat/1.png");
    put("rgb.png", "cat/2.png");
    ImageFolder data = ImageFolder.open(folder);
    Files.writeString(folder.resolve("cat/2.png"), "this is no image", StandardCharsets.UTF_8);
    Preprocessing preprocessing =
        Preprocessing.of(Normalization.IMAGENET, RandomResizedCrop.of(32));
    for (int workers : new int[] {0, 2}) {
      DataLoader loader =
          new DataLoader(
              data, preprocessing, LoaderConfiguration.evaluation(2).withWorkers(workers));
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
