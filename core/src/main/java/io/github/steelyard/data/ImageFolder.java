package io.github.steelyard.data;

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
import java.util.Collections;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One folder for each class, with JPEG and PNG files in it at any depth: ImageNet's layout. Classes
 * are numbered in the order of their names, as torchvision's ImageFolder numbers them; hidden files
 * are ignored. Images are read as RGB: grey is repeated, palettes are looked up, transparency is
 * dropped, of 16 bits the higher 8 are kept, EXIF orientation is ignored.
 *
 * <p>Files are listed once and decoded when a sample is asked for. An image that cannot be decoded
 * is an error that names the file; none is skipped.
 */
public final class ImageFolder implements Dataset {
  private static final List<String> ENDINGS = List.of(".jpg", ".jpeg", ".png");

  private final Path root;
  private final List<String> classNames;
  private final String[] files;
  private final int[] labels;
  private final String fingerprint;

  private ImageFolder(
      Path root, List<String> classNames, String[] files, int[] labels, String fingerprint) {
    this.root = root;
    this.classNames = classNames;
    this.files = files;
    this.labels = labels;
    this.fingerprint = fingerprint;
  }

  /**
   * Lists the images of a folder.
   *
   * @param root the folder whose folders are the classes
   * @return the data set
   * @throws IOException if the folder cannot be read, has no class folders, or a class has no
   *     images; the message names the folder
   */
  public static ImageFolder open(Path root) throws IOException {
    List<Path> folders = classFolders(root);
    if (folders.isEmpty()) {
      throw new IOException(
          root + " holds no class folders; expected one folder of images for each class in it");
    }
    MessageDigest digest = Fingerprint.start();
    List<String> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < folders.size(); label++) {
      List<String> found = images(root, folders.get(label), digest);
      if (found.isEmpty()) {
        throw new IOException(
            "The class folder %s holds no images (%s); remove it or fill it"
                .formatted(folders.get(label), String.join(", ", ENDINGS)));
      }
      files.addAll(found);
      labels.addAll(Collections.nCopies(found.size(), label));
    }
    return new ImageFolder(
        root,
        folders.stream().map(folder -> folder.getFileName().toString()).toList(),
        files.toArray(String[]::new),
        labels.stream().mapToInt(Integer::intValue).toArray(),
        HexFormat.of().formatHex(digest.digest()));
  }

  /**
   * Opens one split below a folder with {@code train} and {@code val} (or {@code test}) in it.
   *
   * @param folder the folder that holds the splits
   * @param split which one
   * @return the data set
   * @throws IOException if the split is missing or unreadable, or the two splits have different
   *     classes, which would number them differently
   */
  static ImageFolder open(Path folder, Split split) throws IOException {
    Path training = folder.resolve("train");
    Path chosen = split == Split.TRAIN ? training : evaluation(folder);
    if (!Files.isDirectory(chosen)) {
      throw new IOException(
          "%s holds no folder '%s'; expected %s/train/CLASS/IMAGE and %s/val/CLASS/IMAGE"
              .formatted(folder, chosen.getFileName(), folder, folder));
    }
    if (split == Split.TEST && Files.isDirectory(training)) {
      List<String> known = names(classFolders(training));
      List<String> here = names(classFolders(chosen));
      if (!known.equals(here)) {
        List<String> missing = known.stream().filter(name -> !here.contains(name)).toList();
        List<String> unknown = here.stream().filter(name -> !known.contains(name)).toList();
        throw new IOException(
            "%s has other classes than %s, so labels would not mean the same; missing %s, unknown %s"
                .formatted(chosen, training, missing, unknown));
      }
    }
    return open(chosen);
  }

  private static Path evaluation(Path folder) {
    return Stream.of("val", "validation", "test")
        .map(folder::resolve)
        .filter(Files::isDirectory)
        .findFirst()
        .orElse(folder.resolve("val"));
  }

  private static List<String> names(List<Path> folders) {
    return folders.stream().map(folder -> folder.getFileName().toString()).toList();
  }

  private static List<Path> classFolders(Path root) throws IOException {
    if (!Files.isDirectory(root)) {
      throw new IOException(root + (Files.exists(root) ? " is no folder" : " does not exist"));
    }
    try (Stream<Path> entries = Files.list(root)) {
      return entries.filter(Files::isDirectory).filter(entry -> !isHidden(entry)).sorted().toList();
    }
  }

  private static List<String> images(Path root, Path folder, MessageDigest digest)
      throws IOException {
    List<String> found = new ArrayList<>();
    List<String> sizes = new ArrayList<>();
    Files.walkFileTree(
        folder,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        32,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
            if (attributes.isRegularFile()
                && !isHidden(file)
                && ENDINGS.stream().anyMatch(name::endsWith)) {
              String relative = root.relativize(file).toString().replace('\\', '/');
              found.add(relative);
              sizes.add(relative + " " + attributes.size() + "\n");
            }
            return FileVisitResult.CONTINUE;
          }
        });
    Collections.sort(found);
    Collections.sort(sizes);
    sizes.forEach(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
    return found;
  }

  private static boolean isHidden(Path file) {
    return file.getFileName().toString().startsWith(".");
  }

  @Override
  public String name() {
    return root.toString();
  }

  @Override
  public int size() {
    return files.length;
  }

  @Override
  public Sample sample(int index) throws IOException {
    return new Sample(ImageDecoder.read(root.resolve(files[index])), labels[index]);
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public Optional<ImageShape> shape() {
    return Optional.empty();
  }

  /**
   * {@inheritDoc} Made of the files' names and lengths: reading every byte of ImageNet would take
   * an hour.
   */
  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public String describe(int index) {
    return files[index];
  }
}
