package io.github.steelyard.data;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files that a data set names, before any is opened.
 *
 * @param root the folder that names are relative to
 * @param classNames in the order of the labels
 * @param files in the order of the samples
 */
record PictureList(Path root, List<String> classNames, List<Entry> files) {
  /** What operating systems put into folders on their own. */
  private static final Set<String> LITTER = Set.of("thumbs.db", "desktop.ini");

  private static final int MOST_DEPTH = 32;

  /**
   * A file.
   *
   * @param name relative to the root, with the system's separators
   * @param bytes its length
   * @param problem why it cannot be read, if the list knows; else null
   */
  record Entry(String name, int label, long bytes, String problem) {
    /** For a person. A backslash is a part of the name where it is no separator. */
    String shown() {
      return name.replace(File.separatorChar, '/');
    }
  }

  /** One folder for each class, numbered in the order of their names. */
  static PictureList ofClassFolders(Path root) throws IOException {
    List<Path> folders = classFolders(root);
    if (folders.isEmpty()) {
      throw new IOException(
          root + " holds no class folders; expected one folder of images for each class in it");
    }
    List<Entry> all = new ArrayList<>();
    for (int label = 0; label < folders.size(); label++) {
      List<Entry> found = below(root, folders.get(label), label);
      if (found.isEmpty()) {
        throw new IOException(
            "The class folder " + folders.get(label) + " holds no images; remove it or fill it");
      }
      all.addAll(found);
    }
    all.addAll(strays(root));
    return new PictureList(root, names(folders), all);
  }

  static List<String> names(List<Path> folders) {
    return folders.stream().map(folder -> folder.getFileName().toString()).toList();
  }

  static List<Path> classFolders(Path root) throws IOException {
    requireFolder(root);
    try (Stream<Path> entries = Files.list(root)) {
      return entries
          .filter(Files::isDirectory)
          .filter(entry -> !isIgnored(entry))
          .sorted()
          .toList();
    }
  }

  static void requireFolder(Path root) throws IOException {
    if (!Files.isDirectory(root)) {
      throw new IOException(root + (Files.exists(root) ? " is no folder" : " does not exist"));
    }
  }

  /** Pictures beside the class folders are of no class; other files there are not ours. */
  private static List<Entry> strays(Path root) throws IOException {
    List<Entry> strays = new ArrayList<>();
    try (Stream<Path> entries = Files.list(root)) {
      for (Path file : entries.filter(Files::isRegularFile).sorted().toList()) {
        if (!isIgnored(file) && PictureKind.of(head(file)).isPresent()) {
          strays.add(new Entry(root.relativize(file).toString(), -1, 0, "lies in no class folder"));
        }
      }
    }
    return strays;
  }

  /** The first bytes of a file. */
  static byte[] head(Path file) throws IOException {
    return head(file, PictureKind.HEAD);
  }

  static byte[] head(Path file, int most) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes(most);
    }
  }

  static List<Entry> below(Path root, Path folder, int label) throws IOException {
    List<Entry> found = new ArrayList<>();
    Files.walkFileTree(
        folder,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        MOST_DEPTH,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!isIgnored(file)) {
              String problem =
                  attributes.isRegularFile()
                      ? null
                      : attributes.isDirectory() ? "lies too deep" : "is no plain file";
              add(file, attributes.size(), problem);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            add(file, 0, "cannot be opened: " + failure.getClass().getSimpleName());
            return FileVisitResult.CONTINUE;
          }

          private void add(Path file, long bytes, String problem) {
            found.add(new Entry(root.relativize(file).toString(), label, bytes, problem));
          }
        });
    found.sort(Comparator.comparing(Entry::shown));
    return found;
  }

  private static boolean isIgnored(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith(".") || LITTER.contains(name.toLowerCase(Locale.ROOT));
  }

  Path path(Entry entry) {
    return root.resolve(entry.name());
  }

  /**
   * Identifies the files by names and lengths, class by class: reading every byte of ImageNet would
   * take an hour.
   */
  static String fingerprint(List<Entry> kept, int classes) {
    MessageDigest digest = Fingerprint.start();
    List<List<String>> lines = new ArrayList<>();
    for (int label = 0; label < classes; label++) {
      lines.add(new ArrayList<>());
    }
    for (Entry entry : kept) {
      lines.get(entry.label()).add(entry.shown() + " " + entry.bytes() + "\n");
    }
    for (List<String> ofClass : lines) {
      ofClass.stream()
          .sorted()
          .forEach(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
