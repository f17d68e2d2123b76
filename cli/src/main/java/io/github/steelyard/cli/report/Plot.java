package io.github.steelyard.cli.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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
    List<Series> series)
    implements Figure {
  /** The rows of a table of a plot's numbers; more would only make the file large. */
  private static final int MOST_ROWS = 500;

  /** How points are drawn. */
  public enum Kind {
    /** Points joined by lines; the vertical axis begins where the points do. */
    LINE,
    /** Points joined by lines above zero, for sizes that are compared with each other. */
    LINE_FROM_ZERO,
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

  @Override
  public String type() {
    return "plot";
  }

  @Override
  public boolean hasPoints() {
    return series.stream().anyMatch(curve -> !curve.points().isEmpty());
  }

  /** One row for each x, one column for each curve. */
  @Override
  public Table numbers() {
    Map<Double, List<String>> byX = new TreeMap<>();
    for (int i = 0; i < series.size(); i++) {
      for (Series.Point point : series.get(i).points()) {
        List<String> row =
            byX.computeIfAbsent(
                point.x(),
                x -> {
                  List<String> fresh = new ArrayList<>();
                  fresh.add(Numbers.brief(x));
                  series.forEach(curve -> fresh.add(""));
                  return fresh;
                });
        row.set(i + 1, Numbers.brief(point.y()));
      }
    }
    List<String> columns = new ArrayList<>();
    columns.add(xLabel);
    series.forEach(curve -> columns.add(curve.name()));
    List<List<String>> all = new ArrayList<>(byX.values());
    int stride = (all.size() + MOST_ROWS - 1) / MOST_ROWS;
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < all.size(); i += Math.max(1, stride)) {
      rows.add(all.get(i));
    }
    return new Table(columns, rows);
  }
}
