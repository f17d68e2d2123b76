package io.github.steelyard.cli.study;

import io.github.steelyard.cli.report.Numbers;

/**
 * How plots of a study show one of its measures.
 *
 * @param name what the study calls it; fractions such as {@code accuracy} are drawn in percent
 */
record StudyMeasure(String name) {
  /** What a drawn number is multiplied by. */
  double scale() {
    return isFraction() ? 100 : 1;
  }

  boolean isFraction() {
    return Numbers.isFraction(name);
  }

  /** What stands at the axis. */
  String label() {
    return isFraction() ? name + " in %" : name;
  }

  /** What stands at the axis of differences. */
  String differenceLabel() {
    return "difference in " + (isFraction() ? "points" : name);
  }

  /** A heading that begins with a capital letter. */
  static String heading(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
