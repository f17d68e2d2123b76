package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-10 and CIFAR-100 in the binary version (Krizhevsky, Learning multiple layers of features
 * from tiny images, 2009): records of one or two label bytes and 3 x 32 x 32 pixels.
 */
record Cifar(
    String title,
    String folderName,
    List<String> training,
    String test,
    int labelBytes,
    List<String> classNames) {
  static final Cifar TEN =
      new Cifar(
          "CIFAR-10",
          "cifar-10-batches-bin",
          List.of(
              "data_batch_1.bin",
              "data_batch_2.bin",
              "data_batch_3.bin",
              "data_batch_4.bin",
              "data_batch_5.bin"),
          "test_batch.bin",
          1,
          List.of(
              "airplane",
              "automobile",
              "bird",
              "cat",
              "deer",
              "dog",
              "frog",
              "horse",
              "ship",
              "truck"));

  /** Each record has the coarse label first; the fine one is used. */
  static final Cifar HUNDRED =
      new Cifar(
          "CIFAR-100", "cifar-100-binary", List.of("train.bin"), "test.bin", 2, CifarClasses.FINE);

  private static final ImageShape SHAPE = new ImageShape(3, 32, 32);

  /** The files that a folder must hold, for a person. */
  String files() {
    return String.join(", ", training) + ", " + test + " (or the folder " + folderName + ")";
  }

  /** Reads a split from the folder of the files, or from the one around it. */
  Dataset open(Split split, Path given) throws IOException {
    Path inner = given.resolve(folderName);
    Path folder = Files.isDirectory(inner) ? inner : given;
    List<Path> files =
        (split == Split.TRAIN ? training : List.of(test)).stream().map(folder::resolve).toList();
    long images = 0;
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new IOException(
            "%s lacks %s; %s in its binary version consists of %s"
                .formatted(folder, file.getFileName(), title, files()));
      }
      images += images(file);
    }
    if (images * SHAPE.values() > Integer.MAX_VALUE - 16) {
      throw new IOException("%s holds %d images, over 2 GiB".formatted(folder, images));
    }
    byte[] pixels = new byte[Math.toIntExact(images * SHAPE.values())];
    int[] labels = new int[Math.toIntExact(images)];
    int next = 0;
    for (Path file : files) {
      next = read(file, pixels, labels, next);
    }
    if (next < labels.length) {
      throw new IOException(folder + " was changed while it was read");
    }
    return new InMemoryDataset(
        title + ", " + FashionMnist.part(split), SHAPE, pixels, labels, classNames);
  }

  private int recordBytes() {
    return labelBytes + SHAPE.values();
  }

  private long images(Path file) throws IOException {
    long length = Files.size(file);
    if (length == 0 || length % recordBytes() != 0) {
      throw new FileFormatException(
          file,
          "is %d bytes long, not a whole number of records of %d bytes"
              .formatted(length, recordBytes()));
    }
    return length / recordBytes();
  }

  private int read(Path file, byte[] pixels, int[] labels, int first) throws IOException {
    int next = first;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      byte[] head = new byte[labelBytes];
      while (next < labels.length && in.readNBytes(head, 0, labelBytes) == labelBytes) {
        int label = head[labelBytes - 1] & 0xFF;
        if (label >= classNames.size()) {
          throw new FileFormatException(
              file,
              "the label of record %d is %d, but %s has labels 0 to %d"
                  .formatted(next - first, label, title, classNames.size() - 1));
        }
        labels[next] = label;
        if (in.readNBytes(pixels, next * SHAPE.values(), SHAPE.values()) < SHAPE.values()) {
          throw new FileFormatException(file, "ends inside record " + (next - first));
        }
        next++;
      }
    }
    return next;
  }
}
