package io.github.steelyard.cli.report;

import java.util.List;

/**
 * A table of a report.
 *
 * @param columns the headings; the first column names the row
 * @param rows the cells, as many a row as there are headings
 */
public record Table(List<String> columns, List<List<String>> rows) {
  /**
   * Checks the widths.
   *
   * @param columns the headings
   * @param rows the cells
   * @throws IllegalArgumentException if a row has another number of cells than there are headings
   */
  public Table {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "a row has " + row.size() + " cells, but there are " + columns.size() + " columns");
      }
    }
  }
}
