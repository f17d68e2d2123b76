package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.FileFormatException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxReaderTest {
  @TempDir Path folder;

  static byte[] idx(int code, int[] dimensions, byte[] data) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(code << 8 | dimensions.length);
      for (int dimension : dimensions) {
        out.writeInt(dimension);
      }
      out.write(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static byte[] gzip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private void writeSplit(String stem, int images, int... labels) throws IOException {
    byte[] pixels = new byte[images * 6];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (200 + i);
    }
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    write(stem + "-images-idx3-ubyte", idx(8, new int[] {images, 2, 3}, pixels));
    write(stem + "-labels-idx1-ubyte.gz", gzip(idx(8, new int[] {labels.length}, bytes)));
  }

  @Test
  void givenPlainAndGzippedFiles_whenTheFolderIsOpened_thenImagesAndLabelsAreThere()
      throws IOException {
    writeSplit("train", 3, 0, 6, 1);
    writeSplit("t10k", 1, 2);
    Dataset training = Datasets.get("mnist-idx").open(Split.TRAIN, folder);
    assertThat(training.size()).isEqualTo(3);
    assertThat(training.classNames()).containsExactly("0", "1", "2", "6");
    assertThat(training.shape()).contains(new ImageShape(1, 2, 3));
    assertThat(training.sample(1).image().value(0, 1, 2)).isEqualTo(211);
    assertThat(training.label(1)).isEqualTo(3);
    Dataset test = Datasets.get("mnist-idx").open(Split.TEST, folder);
    assertThat(test.classNames()).isEqualTo(training.classNames());
  }

  @Test
  void givenLabelsOfOtherIntegerTypes_whenTheyAreRead_thenTheirValuesAreRight() throws IOException {
    byte[] shorts = {0, 3, 1, 0};
    byte[] ints = {0, 0, 0, 7, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFE};
    assertThat(IdxReader.read(write("s", idx(0x0B, new int[] {2}, shorts))).labels())
        .containsExactly(3, 256);
    assertThat(IdxReader.read(write("i", idx(0x0C, new int[] {2}, ints))).labels())
        .containsExactly(7, -2);
    assertThat(IdxReader.read(write("b", idx(0x09, new int[] {1}, new byte[] {-5}))).labels())
        .containsExactly(-5);
    assertThatThrownBy(
            () -> IdxReader.read(write("f", idx(0x0D, new int[] {1}, new byte[4]))).labels())
        .hasMessageContaining("FLOAT");
  }

  @Test
  void givenDamagedFiles_whenTheyAreRead_thenTheErrorNamesFileAndProblem() throws IOException {
    byte[] valid = idx(8, new int[] {2, 2, 2}, new byte[8]);
    refused(new byte[0], "ends inside the header");
    refused("no idx".getBytes(StandardCharsets.UTF_8), "is no IDX file");
    refused(Arrays.copyOf(valid, 20), "needs 24 bytes, but the file has 20");
    refused(Arrays.copyOf(valid, 30), "needs 24 bytes, but the file has 30");
    refused(idx(7, new int[] {1}, new byte[1]), "unknown element type 0x07");
    refused(idx(8, new int[] {}, new byte[1]), "has 0 dimensions");
    refused(idx(8, new int[] {-1}, new byte[1]), "dimension 0 is 4294967295");
    refused(gzip(Arrays.copyOf(valid, 20)), "ends inside the array [2, 2, 2]: 4 of 8 bytes");
    refused(gzip(Arrays.copyOf(valid, 30)), "goes on after the array");
    refused(Arrays.copyOf(gzip(valid), 25), "gzip stream is damaged");
  }

  private void refused(byte[] content, String message) throws IOException {
    Path file = write("bad", content);
    assertThatThrownBy(() -> IdxReader.read(file))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }

  @Test
  void givenAHeaderThatPromisesTwoGigabytes_whenItIsRead_thenNothingIsAllocated()
      throws IOException {
    byte[] content = idx(8, new int[] {Integer.MAX_VALUE - 100, 1, 1}, new byte[1000]);
    refused(content, "needs 2147483563 bytes, but the file has 1016");
    refused(gzip(content), "compressed bytes can hold");
    refused(idx(8, new int[] {1 << 20, 1 << 20, 1 << 20}, new byte[9]), "over 2 GiB");
  }

  @Test
  void givenFilesThatDoNotFitEachOther_whenTheyAreOpened_thenTheErrorSaysHow() throws IOException {
    writeSplit("train", 3, 0, 1);
    writeSplit("t10k", 1, 2);
    assertThatThrownBy(() -> Datasets.get("mnist-idx").open(Split.TRAIN, folder))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("train-labels-idx1-ubyte.gz")
        .hasMessageContaining("holds 2 labels")
        .hasMessageContaining("holds 3 images");
    writeSplit("train", 2, 3, 10);
    assertThatThrownBy(() -> Datasets.get("fashion-mnist").open(Split.TRAIN, folder))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("the label of sample 1 is 10")
        .hasMessageContaining("0 to 9");
    writeSplit("train", 0);
    assertThatThrownBy(() -> Datasets.get("fashion-mnist").open(Split.TRAIN, folder))
        .hasMessageContaining("holds no images");
    Files.delete(folder.resolve("t10k-images-idx3-ubyte"));
    assertThatThrownBy(() -> Datasets.get("fashion-mnist").open(Split.TEST, folder))
        .hasMessageContaining("lacks the file t10k-images-idx3-ubyte");
  }

  @Test
  void givenTheFullSetIsNotInstalled_whenItIsOpened_thenTheErrorNamesAllThreeWays() {
    assertThatThrownBy(() -> FashionMnist.installed(Split.TRAIN, folder.resolve("absent")))
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("train-images-idx3-ubyte.gz")
        .hasMessageContaining("dataset-fashion-mnist")
        .hasMessageContaining("download");
  }

  @Test
  void givenAnUnknownName_whenItIsLookedUp_thenTheNearestIsSuggested() {
    assertThatThrownBy(() -> Datasets.get("fashion-mnits"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("did you mean 'fashion-mnist'?");
    assertThat(Datasets.all().stream().map(DatasetSource::name).toList())
        .containsSubsequence(
            "fashion-mnist",
            "fashion-mnist-full",
            "mnist-idx",
            "glyphs",
            "cifar10",
            "cifar100",
            "image-folder",
            "modular-addition",
            "independent-blocks",
            "two-pictures");
  }

  @Test
  void givenLabelsFromOne_whenTheFolderIsOpened_thenNoClassIsEmptyAndNamesFitInOrder()
      throws IOException {
    writeSplit("train", 3, 1, 3, 2);
    writeSplit("t10k", 1, 3);
    Dataset training = Datasets.get("mnist-idx").open(Split.TRAIN, folder);
    assertThat(training.classNames()).containsExactly("1", "2", "3");
    assertThat(training.label(0)).isZero();
    Files.writeString(folder.resolve("classes.txt"), "a\nb\nc\n");
    Dataset test = Datasets.get("mnist-idx").open(Split.TEST, folder);
    assertThat(test.classNames()).containsExactly("a", "b", "c");
    assertThat(test.label(0)).isEqualTo(2);
  }

  @Test
  void givenAFileOfClassNames_whenTheFolderIsOpened_thenClassesHaveThemAndFaultsAreNamed()
      throws IOException {
    writeSplit("train", 3, 1, 0, 1);
    writeSplit("t10k", 2, 0, 1);
    Path names = folder.resolve("classes.txt");
    Files.writeString(names, "あ\nb\n");

    Dataset training = Datasets.get("mnist-idx").open(Split.TRAIN, folder);

    assertThat(training.classNames()).containsExactly("あ", "b");
    for (String wrong : List.of("", "a\na\n", "a\n\n", "a\n")) {
      Files.writeString(names, wrong);
      assertThatThrownBy(() -> Datasets.get("mnist-idx").open(Split.TRAIN, folder))
          .as(wrong)
          .isInstanceOf(FileFormatException.class);
    }
  }
}
