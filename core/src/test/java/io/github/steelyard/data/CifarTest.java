package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.FileFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarTest {
  @TempDir Path folder;

  static byte[] records(int labelBytes, int classes, int count, long seed) {
    byte[] bytes = new byte[count * (labelBytes + 3072)];
    new SplittableRandom(seed).nextBytes(bytes);
    for (int i = 0; i < count; i++) {
      int at = i * (labelBytes + 3072) + labelBytes - 1;
      bytes[at] = (byte) ((bytes[at] & 0xFF) % classes);
    }
    return bytes;
  }

  @Test
  void givenTheFiveTrainingFiles_whenCifar10IsOpened_thenRecordsFollowEachOther()
      throws IOException {
    Path inner = Files.createDirectories(folder.resolve("cifar-10-batches-bin"));
    byte[][] files = new byte[5][];
    for (int i = 0; i < 5; i++) {
      files[i] = records(1, 10, i + 1, i);
      Files.write(inner.resolve("data_batch_" + (i + 1) + ".bin"), files[i]);
    }
    for (Path given : new Path[] {folder, inner}) {
      Dataset data = Datasets.get("cifar10").open(Split.TRAIN, given);
      assertThat(data.size()).isEqualTo(15);
      assertThat(data.classNames()).hasSize(10).contains("frog");
      assertThat(data.shape()).contains(new ImageShape(3, 32, 32));
      Sample sample = data.sample(11); // the second record of the fifth file
      assertThat(sample.label()).isEqualTo(files[4][3073]);
      assertThat(sample.image().pixels())
          .isEqualTo(Arrays.copyOfRange(files[4], 3074, 3074 + 3072));
    }
    Files.delete(inner.resolve("data_batch_3.bin"));
    assertThatThrownBy(() -> Datasets.get("cifar10").open(Split.TRAIN, folder))
        .hasMessageContaining("lacks data_batch_3.bin")
        .hasMessageContaining("cifar-10-batches-bin");
  }

  @Test
  void givenTheBinaryFile_whenCifar100IsOpened_thenTheFineLabelIsTheClass() throws IOException {
    byte[] file = records(2, 100, 7, 3);
    Files.write(folder.resolve("test.bin"), file);
    Dataset data = Datasets.get("cifar100").open(Split.TEST, folder);
    assertThat(data.classNames()).hasSize(100).doesNotHaveDuplicates().isSorted();
    for (int i = 0; i < 7; i++) {
      assertThat(data.label(i)).isEqualTo(file[i * 3074 + 1]);
      assertThat(data.sample(i).image().pixels())
          .isEqualTo(Arrays.copyOfRange(file, i * 3074 + 2, (i + 1) * 3074));
    }
  }

  @Test
  void givenDamagedFiles_whenTheyAreOpened_thenTheErrorNamesFileAndRecord() throws IOException {
    Path file = folder.resolve("test_batch.bin");
    byte[] valid = records(1, 10, 3, 0);
    for (byte[] content : new byte[][] {new byte[0], Arrays.copyOf(valid, valid.length - 1)}) {
      Files.write(file, content);
      assertThatThrownBy(() -> Datasets.get("cifar10").open(Split.TEST, folder))
          .isInstanceOf(FileFormatException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("records of 3073 bytes");
    }
    valid[3073 * 2] = (byte) 200;
    Files.write(file, valid);
    assertThatThrownBy(() -> Datasets.get("cifar10").open(Split.TEST, folder))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("the label of record 2 is 200")
        .hasMessageContaining("0 to 9");
  }
}
