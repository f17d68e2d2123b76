package io.github.steelyard.cli.report;

import java.util.List;

/**
 * One plot of a report.
 *
 * @param title what is shown
 * @param caption how to read it, in a sentence; may be empty
 * @param xLabel the horizontal axis, with its unit
 * @param yLabel the vertical axis, with its unit
 * @param kind how points are drawn
 * @param logarithmic whether the vertical axis is logarithmic; points that are not positive are
 *     then left out
 * @param series the curves
 */
public record Plot(
    String title,
    String caption,
    String xLabel,
    String yLabel,
    Kind kind,
    boolean logarithmic,
    List<Series> series) {

  /** How points are drawn. */
  public enum Kind {
    /** Points joined by lines. */
    LINE,
    /** Bars without gaps, drawn as an outline so that several can lie over each other. */
    HISTOGRAM
  }

  /**
   * Copies the list.
   *
   * @param title what is shown
   * @param caption how to read it
   * @param xLabel the horizontal axis
   * @param yLabel the vertical axis
   * @param kind how points are drawn
   * @param logarithmic whether the vertical axis is logarithmic
   * @param series the curves
   */
  public Plot {
    series = List.copyOf(series);
  }

  /**
   * Whether there is anything to draw.
   *
   * @return true if a curve has a point
   */
  public boolean hasPoints() {
    return series.stream().anyMatch(curve -> !curve.points().isEmpty());
  }
}
