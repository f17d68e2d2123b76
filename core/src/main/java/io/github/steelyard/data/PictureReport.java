package io.github.steelyard.data;

import java.util.List;
import java.util.Optional;

/**
 * What was found when pictures were listed.
 *
 * @param files how many files were seen
 * @param unreadable those that are left out, and why
 * @param duplicates groups of files with the same content; empty if {@link #decoded} is false
 * @param decoded whether every picture was decoded, or only its kind told
 * @param sizes the smallest and the largest height and width; empty if {@link #decoded} is false
 */
public record PictureReport(
    int files,
    List<Unreadable> unreadable,
    List<List<String>> duplicates,
    boolean decoded,
    Optional<Sizes> sizes) {
  /**
   * Copies the lists.
   *
   * @param files how many files were seen
   * @param unreadable those that are left out, and why
   * @param duplicates groups of files with the same content
   * @param decoded whether every picture was decoded
   * @param sizes the smallest and the largest height and width
   */
  public PictureReport {
    unreadable = List.copyOf(unreadable);
    duplicates = List.copyOf(duplicates);
  }

  /**
   * A file that cannot be read.
   *
   * @param file its path below the folder
   * @param reason such as "is empty"
   */
  public record Unreadable(String file, String reason) {}

  /**
   * How large the pictures are.
   *
   * @param smallestHeight in pixels
   * @param largestHeight in pixels
   * @param smallestWidth in pixels
   * @param largestWidth in pixels
   */
  public record Sizes(int smallestHeight, int largestHeight, int smallestWidth, int largestWidth) {
    /**
     * The one size of all pictures.
     *
     * @return empty if they differ
     */
    public Optional<ImageShape> uniform() {
      return smallestHeight == largestHeight && smallestWidth == largestWidth
          ? Optional.of(new ImageShape(3, largestHeight, largestWidth))
          : Optional.empty();
    }

    @Override
    public String toString() {
      return smallestHeight
          + " x "
          + smallestWidth
          + (uniform().isPresent() ? "" : " to " + largestHeight + " x " + largestWidth)
          + " pixels";
    }
  }
}
