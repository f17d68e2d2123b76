package io.github.steelyard.data;

/**
 * How pictures in a folder become a data set.
 *
 * @param csv a file with a header and the columns {@code path} and {@code label} (also {@code
 *     split}: train, val or test), relative to the folder, whose paths are relative to the file; an
 *     absolute path needs no folder. Null for one folder for each class
 * @param classNames a text file with one name a line in the order of the labels, relative to the
 *     folder; null to take the names of folders or labels
 * @param onUnreadable what to do about files that cannot be read
 * @param check how closely files are looked at first
 * @param validationFraction which part of each class is held back to measure on, where no split is
 *     given; above 0 and below 1. Every class of two pictures or more has one on each side
 * @param splitSeed decides which
 */
public record ImageFolderConfiguration(
    String csv,
    String classNames,
    OnUnreadable onUnreadable,
    PictureCheck check,
    double validationFraction,
    long splitSeed) {
  /**
   * Checks the values.
   *
   * @param csv a file or null
   * @param classNames a file or null
   * @param onUnreadable what to do about files that cannot be read
   * @param check how closely files are looked at first
   * @param validationFraction above 0 and below 1
   * @param splitSeed decides which
   * @throws IllegalArgumentException if the fraction is out of range
   */
  public ImageFolderConfiguration {
    if (!(validationFraction > 0 && validationFraction < 1)) {
      throw new IllegalArgumentException(
          "validationFraction must be above 0 and below 1, but is " + validationFraction);
    }
  }

  /**
   * Class folders, no unreadable file, a fifth of each class held back.
   *
   * @return the configuration
   */
  public static ImageFolderConfiguration defaults() {
    return new ImageFolderConfiguration(null, null, OnUnreadable.FAIL, PictureCheck.AUTO, 0.2, 0);
  }
}
