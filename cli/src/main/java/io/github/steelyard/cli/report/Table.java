package io.github.steelyard.cli.report;

import io.github.steelyard.runtime.Printable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A table of a report.
 *
 * @param columns the headings; the first column names the row
 * @param rows the cells, as many a row as there are headings
 * @param notes what stands below the table: terms and what they mean; may be empty
 */
public record Table(List<String> columns, List<List<String>> rows, Map<String, String> notes) {
  private static final int LONGEST_NAME = 40;

  /**
   * Checks the widths.
   *
   * @param columns the headings
   * @param rows the cells
   * @param notes terms and what they mean
   * @throws IllegalArgumentException if a row has another number of cells than there are headings
   */
  public Table {
    columns = columns.stream().map(Printable::name).toList();
    rows = rows.stream().map(row -> row.stream().map(Printable::name).toList()).toList();
    notes = Collections.unmodifiableMap(new LinkedHashMap<>(notes));
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "a row has " + row.size() + " cells, but there are " + columns.size() + " columns");
      }
    }
  }

  /**
   * A table that explains itself.
   *
   * @param columns the headings; the first column names the row
   * @param rows the cells
   * @throws IllegalArgumentException if a row has another number of cells than there are headings
   */
  public Table(List<String> columns, List<List<String>> rows) {
    this(columns, rows, Map.of());
  }

  /**
   * Whether a column is to be read, not compared: it is then set as text, in several lines.
   *
   * @param column its index, from 0
   * @return true if one of its cells is longer than any number or name
   */
  boolean holdsSentences(int column) {
    return rows.stream().anyMatch(row -> row.get(column).length() > LONGEST_NAME);
  }

  /**
   * Whether a column is to be aligned by its digits.
   *
   * @param column its index, from 0
   * @return true if each of its cells begins with a digit or is a dash
   */
  public boolean holdsNumbers(int column) {
    return column > 0
        && columns.size() > 2
        && rows.stream().allMatch(row -> row.get(column).matches("-|[-+]?[0-9].*"));
  }
}
