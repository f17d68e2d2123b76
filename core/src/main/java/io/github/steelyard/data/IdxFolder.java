package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
   * they are numbered, as many as the labels of both splits name.
   */
  static Dataset open(String name, Path folder, Split split) throws IOException {
    Path names = folder.resolve(CLASSES);
    return Files.isRegularFile(names)
        ? read(name, folder, split, classNames(names))
        : numbered(name, folder, split);
  }

  private static List<String> classNames(Path file) throws IOException {
    List<String> names;
    try {
      names = Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new FileFormatException(file, "is no text in UTF-8", e);
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).isBlank() || !seen.add(names.get(i))) {
        throw new FileFormatException(
            file,
            "line %d is '%s'; expected one name a line, each once".formatted(i + 1, names.get(i)));
      }
    }
    if (names.isEmpty()) {
      throw new FileFormatException(file, "is empty; expected one class name a line");
    }
    return names;
  }

  private static Dataset numbered(String name, Path folder, Split split) throws IOException {
    int classes = 0;
    for (Split each : Split.values()) {
      IdxArray array = IdxReader.read(find(folder, stem(each, "labels-idx1")));
      int most = Arrays.stream(array.labels()).max().orElse(0);
      if (most > 65_535) {
        throw new FileFormatException(
            array.file(), "has the label " + most + "; at most 65535 is read");
      }
      classes = Math.max(classes, most + 1);
    }
    return read(
        name, folder, split, IntStream.range(0, classes).mapToObj(String::valueOf).toList());
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
    ImageShape shape = images.imageShape();
    int[] indices = labels.labels();
    if (indices.length != images.dimensions().get(0)) {
      throw new FileFormatException(
          labels.file(),
          "holds %d labels, but %s holds %d images"
              .formatted(indices.length, images.file(), images.dimensions().get(0)));
    }
    try {
      return new InMemoryDataset(name, shape, images.data(), indices, classNames);
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(labels.file(), e.getMessage(), e);
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
