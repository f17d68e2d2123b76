package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A folder with the four files of MNIST and its successors, plain or gzipped. */
final class IdxFolder {
  static final String CLASSES = "classes.txt";

  private IdxFolder() {}

  /** The four names, without the endings that {@link #find} allows. */
  static List<String> stems() {
    return List.of(
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte");
  }

  static boolean isComplete(Path folder) {
    return stems().stream()
        .allMatch(stem -> candidates(folder, stem).anyMatch(Files::isRegularFile));
  }

  /**
   * Any such folder. Classes have the names in {@code classes.txt}, one a line; without that file
   * each label that occurs is a class of its own, named by its number. Labels that begin at 1 or
   * have gaps are closed up.
   */
  static Dataset open(String name, Path folder, Split split) throws IOException {
    Path file = folder.resolve(CLASSES);
    int[] labels = labels(folder);
    List<String> names =
        Files.isRegularFile(file)
            ? ClassNamesFile.read(file)
            : Arrays.stream(labels).mapToObj(String::valueOf).toList();
    boolean plain = labels.length == 0 || labels[labels.length - 1] < names.size();
    if ((plain && Files.isRegularFile(file)) || labels.length != names.size()) {
      return read(name, folder, split, names);
    }
    IdxArray own = IdxReader.read(find(folder, stem(split, "labels-idx1")));
    int[] closed = Arrays.stream(own.labels()).map(l -> Arrays.binarySearch(labels, l)).toArray();
    return dataset(
        name, IdxReader.read(find(folder, stem(split, "images-idx3"))), own.file(), closed, names);
  }

  /**
   * The labels that the files of both splits have, in order: 1 to 26 are 26 classes, numbered from
   * 0 here.
   */
  private static int[] labels(Path folder) throws IOException {
    IntStream all = IntStream.empty();
    for (Split each : Split.values()) {
      IdxArray array = IdxReader.read(find(folder, stem(each, "labels-idx1")));
      int[] own = array.labels();
      int most = Arrays.stream(own).max().orElse(0);
      int least = Arrays.stream(own).min().orElse(0);
      if (most > 65_535 || least < 0) {
        throw new FileFormatException(
            array.file(), "has the label " + (least < 0 ? least : most) + "; 0 to 65535 are read");
      }
      all = IntStream.concat(all, Arrays.stream(own));
    }
    return all.distinct().sorted().toArray();
  }

  static Dataset read(String name, Path folder, Split split, List<String> classNames)
      throws IOException {
    return dataset(
        name,
        IdxReader.read(find(folder, stem(split, "images-idx3"))),
        IdxReader.read(find(folder, stem(split, "labels-idx1"))),
        classNames);
  }

  static Dataset dataset(String name, IdxArray images, IdxArray labels, List<String> classNames)
      throws FileFormatException {
    return dataset(name, images, labels.file(), labels.labels(), classNames);
  }

  private static Dataset dataset(
      String name, IdxArray images, Path file, int[] indices, List<String> classNames)
      throws FileFormatException {
    ImageShape shape = images.imageShape();
    if (indices.length != images.dimensions().get(0)) {
      throw new FileFormatException(
          file,
          "holds %d labels, but %s holds %d images"
              .formatted(indices.length, images.file(), images.dimensions().get(0)));
    }
    try {
      return new InMemoryDataset(name, shape, images.data(), indices, classNames);
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(file, e.getMessage(), e);
    }
  }

  static String stem(Split split, String kind) {
    return (split == Split.TRAIN ? "train-" : "t10k-") + kind + "-ubyte";
  }

  private static Stream<Path> candidates(Path folder, String stem) {
    String dotted = stem.replace("-idx", ".idx");
    return List.of(stem, stem + ".gz", dotted, dotted + ".gz").stream().map(folder::resolve);
  }

  private static Path find(Path folder, String stem) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(folder + (Files.exists(folder) ? " is no folder" : " does not exist"));
    }
    return candidates(folder, stem)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(
            () -> new IOException("%s lacks the file %s (or %s.gz)".formatted(folder, stem, stem)));
  }
}
