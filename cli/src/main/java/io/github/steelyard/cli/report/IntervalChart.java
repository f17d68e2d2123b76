package io.github.steelyard.cli.report;

import java.util.List;

/**
 * A mean and its interval for each of some names, one below the other.
 *
 * @param title what is shown
 * @param caption how to read it; may be empty
 * @param xLabel the horizontal axis, with its unit
 * @param rows the intervals from top to bottom
 */
public record IntervalChart(String title, String caption, String xLabel, List<Row> rows)
    implements Figure {

  /**
   * One interval.
   *
   * @param name what it is of
   * @param color the number of its colour, from 0; the colours repeat
   * @param low its lower end
   * @param mean the value in between
   * @param high its upper end
   */
  public record Row(String name, int color, double low, double mean, double high) {}

  /**
   * Copies the list.
   *
   * @param title what is shown
   * @param caption how to read it
   * @param xLabel the horizontal axis
   * @param rows the intervals
   */
  public IntervalChart {
    rows = List.copyOf(rows);
  }

  @Override
  public String type() {
    return "intervals";
  }

  @Override
  public boolean hasPoints() {
    return rows.stream().anyMatch(row -> Double.isFinite(row.mean()));
  }

  @Override
  public Table numbers() {
    return new Table(
        List.of("", xLabel, "from", "to"),
        rows.stream()
            .map(
                row ->
                    List.of(
                        row.name(),
                        Numbers.brief(row.mean()),
                        Numbers.brief(row.low()),
                        Numbers.brief(row.high())))
            .toList());
  }
}
