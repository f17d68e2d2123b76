package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.testing.MutatedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Over two thousand damaged files for each reader: only an IOException may come out, and soon. */
@Timeout(120)
class MutatedImagesTest {
  private static final int FILES = 2100;

  @TempDir Path folder;

  private interface Reader {
    Object read(Path file) throws IOException;
  }

  /** Returns how many of the damaged files were refused. */
  private int readDamaged(byte[] valid, String name, long firstSeed, int count, Reader reader)
      throws IOException {
    Path file = folder.resolve(name);
    int refused = 0;
    for (long seed = firstSeed; seed < firstSeed + count; seed++) {
      Files.write(file, MutatedFiles.mutate(valid, seed));
      try {
        reader.read(file);
      } catch (IOException e) {
        assertThat(e).as("seed %d", seed).hasMessageContaining(name);
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + " of " + name, e);
      }
    }
    return refused;
  }

  @Test
  void givenDamagedIdxFiles_whenTheyAreRead_thenOnlyIoExceptionsComeOut() throws IOException {
    byte[] images = IdxReaderTest.idx(8, new int[] {5, 4, 6}, new byte[120]);
    byte[] labels = IdxReaderTest.idx(8, new int[] {5}, new byte[] {0, 1, 2, 3, 4});
    List<Integer> refused = new ArrayList<>();
    for (boolean packed : new boolean[] {false, true}) {
      byte[] goodImages = packed ? IdxReaderTest.gzip(images) : images;
      byte[] goodLabels = packed ? IdxReaderTest.gzip(labels) : labels;
      Path stable = folder.resolve("train-labels-idx1-ubyte");
      Files.write(stable, goodLabels);
      Reader reader = file -> Datasets.get("fashion-mnist").open(Split.TRAIN, folder);
      refused.add(readDamaged(goodImages, "train-images-idx3-ubyte", 0, FILES / 4, reader));
      Files.write(folder.resolve("train-images-idx3-ubyte"), goodImages);
      refused.add(readDamaged(goodLabels, "train-labels-idx1-ubyte", FILES, FILES / 4, reader));
    }
    assertThat(refused).allSatisfy(count -> assertThat(count).isBetween(FILES / 8, FILES / 4));
  }

  @Test
  void givenDamagedCifarFiles_whenTheyAreRead_thenOnlyIoExceptionsComeOut() throws IOException {
    byte[] ten = CifarTest.records(1, 10, 3, 0);
    int refused =
        readDamaged(
            ten,
            "test_batch.bin",
            0,
            FILES / 2,
            file -> Datasets.get("cifar10").open(Split.TEST, folder));
    assertThat(refused).isBetween(FILES / 8, FILES / 2);
    byte[] hundred = CifarTest.records(2, 100, 3, 0);
    refused =
        readDamaged(
            hundred,
            "test.bin",
            0,
            FILES / 2,
            file -> Datasets.get("cifar100").open(Split.TEST, folder));
    assertThat(refused).isBetween(FILES / 8, FILES / 2);
  }

  @Test
  void givenDamagedPngFiles_whenTheyAreRead_thenOnlyIoExceptionsComeOut() throws IOException {
    assertThat(readDamagedImages("rgb.png", "palette.png", "grey-16-bit.png", "palette-4-bit.png"))
        .isGreaterThan(FILES / 2);
  }

  @Test
  void givenDamagedJpegFiles_whenTheyAreRead_thenOnlyIoExceptionsComeOut() throws IOException {
    assertThat(readDamagedImages("rgb-420.jpg", "progressive.jpg", "cmyk.jpg", "grey.jpg"))
        .isGreaterThan(FILES / 4);
  }

  @Test
  void givenDamagedFilesOfOtherFormats_whenTheyAreRead_thenOnlyIoExceptionsComeOut()
      throws IOException {
    for (String name :
        List.of("lossless.webp", "lossy.webp", "palette.gif", "rgb.bmp", "lzw.tif", "cmyk.tif")) {
      byte[] valid = Files.readAllBytes(ReferenceImages.resource("pictures/" + name));
      int refused = readDamaged(valid, name, 0, FILES / 20, ImageDecoder::read);
      assertThat(refused).as(name).isGreaterThan(FILES / 40);
    }
  }

  private int readDamagedImages(String... names) throws IOException {
    int refused = 0;
    for (String name : names) {
      byte[] valid = Files.readAllBytes(ReferenceImages.resource("images/" + name));
      refused += readDamaged(valid, name, 0, FILES / names.length, ImageDecoder::read);
    }
    return refused;
  }
}
