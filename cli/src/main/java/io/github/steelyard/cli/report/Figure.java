package io.github.steelyard.cli.report;

import com.fasterxml.jackson.annotation.JsonProperty;

/** One picture of a report. */
public sealed interface Figure permits Plot, BarChart, HeatMap, IntervalChart {
  /**
   * What is shown.
   *
   * @return a heading
   */
  String title();

  /**
   * How to read it.
   *
   * @return some sentences; may be empty
   */
  String caption();

  /**
   * What it is, for the script that draws it.
   *
   * @return such as {@code heat map}
   */
  @JsonProperty("type")
  String type();

  /**
   * Whether there is anything to draw.
   *
   * @return true if there is a value
   */
  boolean hasPoints();

  /**
   * What is drawn as a table, for readers without scripts and for copying.
   *
   * @return the values; thinned out if they are many
   */
  Table numbers();
}
