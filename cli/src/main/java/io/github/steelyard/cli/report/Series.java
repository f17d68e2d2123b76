package io.github.steelyard.cli.report;

import java.util.List;

/**
 * One curve of a plot.
 *
 * @param name its name in the legend
 * @param color the number of its colour, from 0; the colours repeat
 * @param dashed whether the line is dashed, to tell two curves of a colour apart
 * @param points the points in the order of x
 */
public record Series(String name, int color, boolean dashed, List<Point> points) {

  /**
   * A point.
   *
   * @param x horizontal
   * @param y vertical
   */
  public record Point(double x, double y) {}

  /**
   * Leaves out points that are not finite, which no axis can show.
   *
   * @param name its name in the legend
   * @param color the number of its colour
   * @param dashed whether the line is dashed
   * @param points the points
   */
  public Series {
    points = points.stream().filter(p -> Double.isFinite(p.x()) && Double.isFinite(p.y())).toList();
  }
}
