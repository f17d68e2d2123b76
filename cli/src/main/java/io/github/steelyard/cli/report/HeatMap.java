package io.github.steelyard.cli.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A matrix as coloured cells. The colours go from 0 to 100 % whatever the values are, so that
 * several heat maps can be compared.
 *
 * @param title what is shown
 * @param caption how to read it; may be empty
 * @param xLabel what the columns are
 * @param yLabel what the rows are
 * @param columns the columns' names from left to right
 * @param rows the rows' names from top to bottom
 * @param values the cells, row by row; not a number (NaN) where a cell does not apply and stays
 *     empty
 * @param unit what the values are
 */
public record HeatMap(
    String title,
    String caption,
    String xLabel,
    String yLabel,
    List<String> columns,
    List<String> rows,
    List<List<Double>> values,
    Unit unit)
    implements Figure {

  /** What the values of cells are. */
  public enum Unit {
    /** Percentages from 0 to 100, which are coloured as they are. */
    PERCENT,
    /** Counts from 0, which are coloured by their share of the row. */
    COUNT
  }

  /**
   * Checks the sizes.
   *
   * @param title what is shown
   * @param caption how to read it
   * @param xLabel what the columns are
   * @param yLabel what the rows are
   * @param columns the columns' names
   * @param rows the rows' names
   * @param values the cells, row by row
   * @param unit what the values are
   * @throws IllegalArgumentException if there are more or fewer values than cells
   */
  public HeatMap {
    int width = columns.size();
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
    values = values.stream().map(List::copyOf).toList();
    if (values.size() != rows.size() || values.stream().anyMatch(row -> row.size() != width)) {
      throw new IllegalArgumentException(
          "the cells of '"
              + title
              + "' are not "
              + rows.size()
              + " rows of "
              + width
              + " values, one for each name");
    }
  }

  @Override
  public String type() {
    return "heat map";
  }

  @Override
  public boolean hasPoints() {
    return values.stream().flatMap(List::stream).anyMatch(Double::isFinite);
  }

  @Override
  public Table numbers() {
    List<String> headings = new ArrayList<>(List.of(yLabel + " \\ " + xLabel));
    headings.addAll(columns);
    List<List<String>> table = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      List<String> row = new ArrayList<>(List.of(rows.get(i)));
      values.get(i).forEach(value -> row.add(Double.isNaN(value) ? "" : Numbers.brief(value)));
      table.add(row);
    }
    return new Table(headings, table);
  }
}
