package io.github.steelyard.data;

import io.github.steelyard.runtime.Named;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A data set that a recipe can name, with the preprocessing that its literature uses. */
public final class DatasetSource implements Named {
  /** Opens the data. */
  @FunctionalInterface
  public interface Opener {
    /**
     * Opens one split.
     *
     * @param split which part
     * @param folder the folder that the user named; empty where none was named
     * @return the data set
     * @throws IOException if files are missing or damaged; the message says what to do
     */
    Dataset open(Split split, Optional<Path> folder) throws IOException;
  }

  /**
   * Computes data.
   *
   * @param <R> what can be chosen about it
   */
  @FunctionalInterface
  public interface Generator<R extends Record> {
    /**
     * Makes one part.
     *
     * @param options what was chosen
     * @param split which part
     * @return the data set, the same one for the same values
     * @throws IOException if what it is made from cannot be read
     */
    Dataset generate(R options, Split split) throws IOException;
  }

  /** What can be chosen about a data set that is computed, and the same data set otherwise. */
  private record Choice(Record options, Function<Record, DatasetSource> other) {}

  private final String name;
  private final String summary;
  private final String files;
  private final Preprocessing training;
  private final Preprocessing evaluation;
  private final Opener opener;
  private final boolean needsFolder;
  private final Optional<Choice> choice;

  /**
   * A data set that is read from files.
   *
   * @param name the name in recipes, such as {@code fashion-mnist}
   * @param summary what it is, in one line
   * @param files which files the folder must hold, in one line for a person
   * @param normalization of all samples
   * @param training the usual augmentation for training
   * @param evaluation the usual transforms for evaluation, without chance
   * @param needsFolder whether it can only be opened from a folder that the user names
   * @param opener opens one split
   */
  public DatasetSource(
      String name,
      String summary,
      String files,
      Normalization normalization,
      List<Transform> training,
      List<Transform> evaluation,
      boolean needsFolder,
      Opener opener) {
    this(
        name,
        summary,
        files,
        new Preprocessing(training, normalization, List.of()),
        new Preprocessing(evaluation, normalization, List.of()),
        needsFolder,
        opener,
        Optional.empty());
  }

  private DatasetSource(
      String name,
      String summary,
      String files,
      Preprocessing training,
      Preprocessing evaluation,
      boolean needsFolder,
      Opener opener,
      Optional<Choice> choice) {
    this.name = name;
    this.summary = summary;
    this.files = files;
    this.training = training;
    this.evaluation = evaluation;
    this.opener = opener;
    this.needsFolder = needsFolder;
    this.choice = choice;
  }

  /**
   * A data set that is computed from options: no files, no augmentation.
   *
   * @param <R> the type of the options
   * @param name the name in recipes
   * @param summary what it is, in one line
   * @param type the class of the record whose components are the options, by which recipes set them
   * @param options their usual values
   * @param normalization of the samples, which may depend on the options
   * @param generator computes one split
   * @return the data set
   */
  public static <R extends Record> DatasetSource generated(
      String name,
      String summary,
      Class<R> type,
      R options,
      Function<R, Normalization> normalization,
      Generator<R> generator) {
    Preprocessing plain = Preprocessing.of(normalization.apply(options));
    return new DatasetSource(
        name,
        summary,
        "none: it is computed",
        plain,
        plain,
        false,
        (split, folder) -> {
          if (folder.isPresent()) {
            throw new IOException(
                "The data set '" + name + "' is computed and takes no folder; leave it out");
          }
          return generator.generate(options, split);
        },
        Optional.of(
            new Choice(
                options,
                other ->
                    generated(name, summary, type, type.cast(other), normalization, generator))));
  }

  /** Pictures in a folder, with the augmentation and the measure of ImageNet's models. */
  static DatasetSource pictures(ImageFolderConfiguration options) {
    boolean isPlaced = options.csv() != null && Path.of(options.csv()).isAbsolute();
    Transform[] training = {RandomResizedCrop.of(224), new RandomHorizontalFlip(0.5)};
    Transform[] evaluation = {new Resize(256, Interpolation.BILINEAR), new CenterCrop(224, 224)};
    return new DatasetSource(
        "image-folder",
        "your own pictures: one folder for each class, as ImageNet is laid out, or a CSV file of"
            + " paths and labels",
        "CLASS/IMAGE, or train/CLASS/IMAGE and val/CLASS/IMAGE, or the CSV file",
        Preprocessing.of(Normalization.IMAGENET, training),
        Preprocessing.of(Normalization.IMAGENET, evaluation),
        !isPlaced,
        (split, folder) -> {
          if (folder.isEmpty() && !isPlaced) {
            throw new IOException(
                "The data set 'image-folder' needs the folder that holds its files");
          }
          return ImageFolder.open(folder.orElse(Path.of("")), split, options);
        },
        Optional.of(
            new Choice(options, other -> pictures(ImageFolderConfiguration.class.cast(other)))));
  }

  /**
   * The name in recipes.
   *
   * @return such as {@code "fashion-mnist"}
   */
  @Override
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
   * Whether there are no files.
   *
   * @return true if the data is computed from {@link #options}
   */
  public boolean isComputed() {
    return choice.isPresent() && !(choice.get().options() instanceof ImageFolderConfiguration);
  }

  /**
   * The usual augmentation for training.
   *
   * @return transforms and normalization
   */
  public Preprocessing trainingPreprocessing() {
    return training;
  }

  /**
   * The usual preprocessing for evaluation, without chance.
   *
   * @return transforms and normalization
   */
  public Preprocessing evaluationPreprocessing() {
    return evaluation;
  }

  /**
   * Batches to train on: shuffled, with the usual augmentation, seed 0. For other choices, make a
   * {@link DataLoader}.
   *
   * @param batchSize samples in a batch, at least 1
   * @return the loader
   * @throws IOException if files are missing or damaged, or must be in a folder of your own
   * @throws IllegalArgumentException if no batch would come out
   */
  public DataLoader trainingLoader(int batchSize) throws IOException {
    return new DataLoader(open(Split.TRAIN), training, LoaderConfiguration.training(batchSize, 0));
  }

  /**
   * Batches to measure on: every test sample once, in order, without augmentation.
   *
   * @param batchSize samples in a batch, at least 1
   * @return the loader
   * @throws IOException if files are missing or damaged, or must be in a folder of your own
   * @throws IllegalArgumentException if no batch would come out
   */
  public DataLoader evaluationLoader(int batchSize) throws IOException {
    return new DataLoader(open(Split.TEST), evaluation, LoaderConfiguration.evaluation(batchSize));
  }

  /**
   * What can be chosen about the data, where it is computed or is pictures of the user's own.
   *
   * @return a record of its own with the values in use; empty if there is nothing to choose
   */
  public Optional<Record> options() {
    return choice.map(Choice::options);
  }

  /**
   * The same data set with other options.
   *
   * @param options of the same type as {@link #options()}
   * @return the changed data set
   * @throws IllegalArgumentException if there is nothing to choose or the options are another data
   *     set's
   */
  public DatasetSource withOptions(Record options) {
    if (choice.isEmpty() || !choice.get().options().getClass().isInstance(options)) {
      throw new IllegalArgumentException(
          "the data set '%s' %s, so it does not take %s"
              .formatted(
                  name,
                  choice
                      .map(own -> "takes " + own.options().getClass().getSimpleName())
                      .orElse("has no options"),
                  options));
    }
    return choice.get().other().apply(options);
  }

  /**
   * The same data set with few samples of each class, to try things quickly: each part is
   * {@linkplain Subset#stratified drawn} with seed 0 when it is opened.
   *
   * @param training samples to train on, at least 1
   * @param test samples to measure on, at least 1
   * @return the smaller data set; opening it fails if there are not as many
   */
  public DatasetSource withSamples(int training, int test) {
    return new DatasetSource(
        name,
        summary,
        files,
        this.training,
        evaluation,
        needsFolder,
        (split, folder) ->
            Subset.stratified(
                opener.open(split, folder), split == Split.TRAIN ? training : test, 0),
        choice.map(
            whole ->
                new Choice(
                    whole.options(),
                    options -> whole.other().apply(options).withSamples(training, test))));
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
