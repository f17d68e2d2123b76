package io.github.steelyard.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Pictures on disk: one folder for each class with files in it at any depth, ImageNet's layout, or
 * a CSV file that names them. JPEG, PNG, WebP, TIFF, BMP and GIF files are read. Classes are
 * numbered in the order of their names, as torchvision's ImageFolder numbers them; hidden files are
 * ignored. Images are read as RGB: grey is repeated, palettes are looked up, transparency is
 * dropped, of 16 bits the higher 8 are kept, pictures are turned upright as EXIF says, of an
 * animation the first picture is taken.
 *
 * <p>Every file is looked at once when the folder is opened, and decoded again when its sample is
 * asked for. What cannot be read is counted and named: it is an error, or left out if the
 * configuration says so.
 */
public final class ImageFolder implements Dataset {
  private final String name;
  private final PictureList list;
  private final String[] files;
  private final int[] labels;
  private final PictureReport report;
  private final String fingerprint;

  /**
   * The files below a folder, at any depth, that are not hidden nor an operating system's own.
   *
   * @param folder is there
   * @return in the order of their names; whether each is a picture is not looked at
   * @throws IOException if the folder cannot be read
   */
  public static List<Path> filesBelow(Path folder) throws IOException {
    return PictureList.below(folder, folder, 0).stream()
        .map(entry -> folder.resolve(entry.name()))
        .toList();
  }

  private ImageFolder(String name, PictureList list, PictureSurvey survey) throws IOException {
    this.name = name;
    this.list = list;
    this.files = survey.kept().stream().map(PictureList.Entry::name).toArray(String[]::new);
    this.labels = survey.kept().stream().mapToInt(PictureList.Entry::label).toArray();
    this.report = survey.report();
    this.fingerprint = PictureList.fingerprint(survey.kept(), list.classNames().size());
    if (files.length == 0) {
      throw new IOException(name + " holds no picture that can be read");
    }
  }

  /**
   * Lists the images of a folder, all of which must be readable.
   *
   * @param root the folder whose folders are the classes
   * @return the data set
   * @throws IOException if the folder cannot be read, has no class folders, a class has no images,
   *     or files cannot be read as pictures; the message names them
   */
  public static ImageFolder open(Path root) throws IOException {
    return open(root, ImageFolderConfiguration.defaults());
  }

  /**
   * Lists the images of a folder or of a CSV file, without splitting them.
   *
   * @param root the folder whose folders are the classes, or that holds the CSV file
   * @param configuration where the classes are named and what happens to unreadable files
   * @return the data set
   * @throws IOException if something is missing, a class has no images, or files cannot be read as
   *     pictures and are not to be skipped; the message names them
   */
  public static ImageFolder open(Path root, ImageFolderConfiguration configuration)
      throws IOException {
    Optional<List<String>> names = ClassNamesFile.read(root, configuration.classNames());
    if (configuration.csv() != null) {
      Path csv = root.resolve(configuration.csv());
      return of(csv.toString(), PictureTable.read(csv, names).list(), configuration);
    }
    PictureParts.Part part = PictureParts.part(root, names);
    return of(part.name(), part.list(), configuration);
  }

  static ImageFolder of(String name, PictureList list, ImageFolderConfiguration configuration)
      throws IOException {
    PictureSurvey survey =
        PictureSurvey.of(list, configuration.check())
            .require(list.root(), configuration.onUnreadable());
    return new ImageFolder(name, list, survey);
  }

  /**
   * Opens one part: {@code train} and {@code val} (or {@code validation} or {@code test}) of a
   * folder that has them; else a part of each class, drawn by the configuration's seed.
   *
   * @param folder the folder that holds the splits, or the classes, or the CSV file
   * @param split which one
   * @param configuration where the classes are named, how they are split and what happens to
   *     unreadable files
   * @return the part; an {@code ImageFolder}, or a {@link Subset} of one
   * @throws IOException if the folder or a split is missing or unreadable, or the two splits have
   *     different classes, which would number them differently
   */
  public static Dataset open(Path folder, Split split, ImageFolderConfiguration configuration)
      throws IOException {
    PictureParts parts = PictureParts.of(folder, configuration);
    if (parts.whole().isPresent()) {
      PictureParts.Part whole = parts.whole().get();
      return drawn(of(whole.name(), whole.list(), configuration), split, configuration);
    }
    PictureParts.Part part = parts.require(split, folder, configuration);
    return of(part.name(), part.list(), configuration);
  }

  private static Dataset drawn(
      ImageFolder whole, Split split, ImageFolderConfiguration configuration) throws IOException {
    try {
      Subset held =
          Subset.heldBack(whole, configuration.validationFraction(), configuration.splitSeed());
      return split == Split.TEST ? held : held.complement();
    } catch (IllegalArgumentException e) {
      throw new IOException(
          whole.name() + " cannot be split: " + e.getMessage() + "; add pictures to each class", e);
    }
  }

  /**
   * What was found when the folder was opened.
   *
   * @return counts, unreadable files and duplicates
   */
  public PictureReport report() {
    return report;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return files.length;
  }

  @Override
  public Sample sample(int index) throws IOException {
    return new Sample(ImageDecoder.read(list.root().resolve(files[index])), labels[index]);
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public List<String> classNames() {
    return list.classNames();
  }

  @Override
  public Optional<ImageShape> shape() {
    return report.sizes().flatMap(PictureReport.Sizes::uniform);
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
    return new PictureList.Entry(files[index], labels[index], 0, null).shown();
  }
}
