package io.github.steelyard.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A data set that a recipe can name, with the preprocessing that its literature uses. */
public final class DatasetSource {
  /** Opens one split; the folder is empty where the user named none. */
  @FunctionalInterface
  interface Opener {
    Dataset open(Split split, Optional<Path> folder) throws IOException;
  }

  private final String name;
  private final String summary;
  private final String files;
  private final Preprocessing training;
  private final Preprocessing evaluation;
  private final Opener opener;
  private final boolean needsFolder;

  DatasetSource(
      String name,
      String summary,
      String files,
      Normalization normalization,
      List<Transform> training,
      List<Transform> evaluation,
      boolean needsFolder,
      Opener opener) {
    this.name = name;
    this.summary = summary;
    this.files = files;
    this.training = new Preprocessing(training, normalization, List.of());
    this.evaluation = new Preprocessing(evaluation, normalization, List.of());
    this.opener = opener;
    this.needsFolder = needsFolder;
  }

  /**
   * The name in recipes.
   *
   * @return such as {@code "fashion-mnist"}
   */
  public String name() {
    return name;
  }

  /**
   * What it is.
   *
   * @return one line
   */
  public String summary() {
    return summary;
  }

  /**
   * Which files the folder must hold.
   *
   * @return one line for a person
   */
  public String files() {
    return files;
  }

  /**
   * Whether it can only be opened from a folder that the user names.
   *
   * @return false if it is built in, or has a usual place
   */
  public boolean needsFolder() {
    return needsFolder;
  }

  /**
   * The usual augmentation for training.
   *
   * @return transforms and normalization
   */
  public Preprocessing training() {
    return training;
  }

  /**
   * The usual preprocessing for evaluation, without chance.
   *
   * @return transforms and normalization
   */
  public Preprocessing evaluation() {
    return evaluation;
  }

  /**
   * Opens the data where it needs no folder: built in or installed with the system.
   *
   * @param split which part
   * @return the data set
   * @throws IOException if files are missing or damaged; the message says what to do
   */
  public Dataset open(Split split) throws IOException {
    return opener.open(split, Optional.empty());
  }

  /**
   * Opens the data from a folder.
   *
   * @param split which part
   * @param folder the folder with the {@linkplain #files files}
   * @return the data set
   * @throws IOException if files are missing or damaged; the message names them
   */
  public Dataset open(Split split, Path folder) throws IOException {
    return opener.open(split, Optional.of(folder));
  }
}
