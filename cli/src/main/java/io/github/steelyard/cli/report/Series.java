package io.github.steelyard.cli.report;

import java.util.List;

/**
 * One curve of a plot.
 *
 * @param name its name in the legend
 * @param color the number of its colour, from 0; the colours repeat
 * @param dashed whether the line is dashed, to tell two curves of a colour apart
 * @param points the points in the order of x
 * @param spans what is known of some points' y, drawn as upright bars; may be empty
 */
public record Series(String name, int color, boolean dashed, List<Point> points, List<Span> spans) {

  /**
   * A point.
   *
   * @param x horizontal
   * @param y vertical
   */
  public record Point(double x, double y) {}

  /**
   * An interval above an x.
   *
   * @param x horizontal
   * @param low the lower end
   * @param high the upper end
   */
  public record Span(double x, double low, double high) {}

  /**
   * A curve without spans.
   *
   * @param name its name in the legend
   * @param color the number of its colour
   * @param dashed whether the line is dashed
   * @param points the points in the order of x
   */
  public Series(String name, int color, boolean dashed, List<Point> points) {
    this(name, color, dashed, points, List.of());
  }

  /**
   * Leaves out points that are not finite, which no axis can show.
   *
   * @param name its name in the legend
   * @param color the number of its colour
   * @param dashed whether the line is dashed
   * @param points the points
   * @param spans what is known of some points' y
   */
  public Series {
    spans = List.copyOf(spans);
    points = points.stream().filter(p -> Double.isFinite(p.x()) && Double.isFinite(p.y())).toList();
  }
}
