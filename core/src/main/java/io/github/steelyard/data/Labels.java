package io.github.steelyard.data;

import java.util.List;

/** Checks labels once, where a data set is made. */
final class Labels {
  private Labels() {}

  /**
   * Checks that every label names a class.
   *
   * @throws IllegalArgumentException naming the first sample that does not
   */
  static void check(int[] labels, List<String> classNames, String source) {
    if (labels.length == 0) {
      throw new IllegalArgumentException(source + " holds no samples");
    }
    if (classNames.isEmpty()) {
      throw new IllegalArgumentException(source + " has no classes");
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classNames.size()) {
        throw new IllegalArgumentException(
            "%s: the label of sample %d is %d, but with %d classes labels are 0 to %d"
                .formatted(source, i, labels[i], classNames.size(), classNames.size() - 1));
      }
    }
  }
}
