package io.github.steelyard.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The files of a data set of pictures by the split that they belong to, before any is opened.
 *
 * @param named what is there for each split, under its name; empty if splits must be drawn
 * @param whole all of it, if splits must be drawn
 */
record PictureParts(Map<Split, Part> named, Optional<Part> whole) {
  private static final List<String> MEASURING = List.of("val", "validation", "test");

  /**
   * Some files.
   *
   * @param name what a person calls them
   */
  record Part(String name, PictureList list) {}

  /** Looks for splits in a folder, or in a CSV file. */
  static PictureParts of(Path folder, ImageFolderConfiguration configuration) throws IOException {
    Optional<List<String>> names = ClassNamesFile.read(folder, configuration.classNames());
    if (configuration.csv() != null) {
      Path csv = folder.resolve(configuration.csv());
      return of(csv, PictureTable.read(csv, names));
    }
    PictureList.requireFolder(folder);
    Path training = folder.resolve("train");
    Optional<Path> measuring =
        MEASURING.stream().map(folder::resolve).filter(Files::isDirectory).findFirst();
    if (!Files.isDirectory(training)) {
      return measuring.isPresent()
          ? new PictureParts(Map.of(Split.TEST, part(measuring.get(), names)), Optional.empty())
          : new PictureParts(Map.of(), Optional.of(part(folder, names)));
    }
    if (measuring.isEmpty()) {
      return new PictureParts(Map.of(), Optional.of(part(training, names)));
    }
    requireSameClasses(training, measuring.get());
    Map<Split, Part> named = new LinkedHashMap<>();
    named.put(Split.TRAIN, part(training, names));
    named.put(Split.TEST, part(measuring.get(), names));
    return new PictureParts(named, Optional.empty());
  }

  private static PictureParts of(Path csv, PictureTable table) {
    if (table.splits().isEmpty()) {
      return new PictureParts(Map.of(), Optional.of(new Part(csv.toString(), table.list())));
    }
    List<Split> splits = table.splits().get();
    Map<Split, Part> named = new LinkedHashMap<>();
    for (Split split : Split.values()) {
      List<PictureList.Entry> chosen =
          IntStream.range(0, splits.size())
              .filter(i -> splits.get(i) == split)
              .mapToObj(table.list().files()::get)
              .toList();
      if (!chosen.isEmpty()) {
        PictureList list = new PictureList(table.list().root(), table.list().classNames(), chosen);
        named.put(split, new Part(csv + ", " + word(split), list));
      }
    }
    return new PictureParts(named, Optional.empty());
  }

  /** The class folders of a folder. */
  static Part part(Path root, Optional<List<String>> names) throws IOException {
    PictureList found = PictureList.ofClassFolders(root);
    if (names.isEmpty()) {
      return new Part(root.toString(), found);
    }
    List<String> required = ClassNamesFile.require(root, names.get(), found.classNames());
    return new Part(root.toString(), new PictureList(root, required, found.files()));
  }

  private static void requireSameClasses(Path training, Path measuring) throws IOException {
    List<String> known = PictureList.names(PictureList.classFolders(training));
    List<String> here = PictureList.names(PictureList.classFolders(measuring));
    if (!known.equals(here)) {
      List<String> missing = known.stream().filter(name -> !here.contains(name)).toList();
      List<String> unknown = here.stream().filter(name -> !known.contains(name)).toList();
      throw new IOException(
          "%s has other classes than %s, so labels would not mean the same; missing %s, unknown %s"
              .formatted(measuring, training, missing, unknown));
    }
  }

  /** What is there for a split, which must not be drawn. */
  Part require(Split split, Path folder, ImageFolderConfiguration configuration)
      throws IOException {
    Part part = named.get(split);
    if (part != null) {
      return part;
    }
    throw new IOException(
        configuration.csv() != null
            ? folder.resolve(configuration.csv()) + " has no row whose split is " + word(split)
            : "%s holds no folder 'train'; expected %s/train/CLASS/IMAGE"
                .formatted(folder, folder));
  }

  private static String word(Split split) {
    return split == Split.TRAIN ? "train" : "val";
  }
}
