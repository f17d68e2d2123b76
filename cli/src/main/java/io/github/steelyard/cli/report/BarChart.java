package io.github.steelyard.cli.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A bar for each of some names. Bars of the same name lie over each other, so that an outline shows
 * what a filled bar was before.
 *
 * @param title what is shown
 * @param caption how to read it; may be empty
 * @param xLabel what the names are
 * @param yLabel the vertical axis, with its unit
 * @param names the names from left to right
 * @param bars the bars, one value for each name
 */
public record BarChart(
    String title, String caption, String xLabel, String yLabel, List<String> names, List<Bars> bars)
    implements Figure {

  /**
   * Bars of one colour.
   *
   * @param name its name in the legend
   * @param color the number of its colour, from 0; the colours repeat
   * @param outlined whether only the outline is drawn
   * @param values the heights; not a number (NaN) where there is no bar
   */
  public record Bars(String name, int color, boolean outlined, List<Double> values) {
    /**
     * Copies the list.
     *
     * @param name its name in the legend
     * @param color the number of its colour
     * @param outlined whether only the outline is drawn
     * @param values the heights
     */
    public Bars {
      values = List.copyOf(values);
    }

    /**
     * Bars over some of the names only.
     *
     * @param name its name in the legend
     * @param color the number of its colour, from 0
     * @param outlined whether only the outline is drawn
     * @param values a height for each name
     * @param begin the first name with a bar, from 0
     * @param end behind the last name with a bar
     * @return the bars, with nothing over the other names
     */
    public static Bars between(
        String name, int color, boolean outlined, List<Double> values, int begin, int end) {
      return new Bars(
          name,
          color,
          outlined,
          IntStream.range(0, values.size())
              .mapToObj(i -> i >= begin && i < end ? values.get(i) : (Double) Double.NaN)
              .toList());
    }
  }

  /**
   * Checks the sizes.
   *
   * @param title what is shown
   * @param caption how to read it
   * @param xLabel what the names are
   * @param yLabel the vertical axis
   * @param names the names
   * @param bars the bars
   * @throws IllegalArgumentException if bars have more or fewer values than there are names
   */
  public BarChart {
    names = List.copyOf(names);
    bars = List.copyOf(bars);
    for (Bars own : bars) {
      if (own.values().size() != names.size()) {
        throw new IllegalArgumentException(
            "'"
                + own.name()
                + "' has "
                + own.values().size()
                + " bars, but there are "
                + names.size()
                + " names");
      }
    }
  }

  @Override
  public String type() {
    return "bars";
  }

  @Override
  public boolean hasPoints() {
    return bars.stream().flatMap(own -> own.values().stream()).anyMatch(Double::isFinite);
  }

  @Override
  public Table numbers() {
    List<String> columns = new ArrayList<>(List.of(xLabel));
    bars.forEach(own -> columns.add(own.name()));
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      List<String> row = new ArrayList<>(List.of(names.get(i)));
      for (Bars own : bars) {
        double value = own.values().get(i);
        row.add(Double.isNaN(value) ? "" : Numbers.brief(value));
      }
      rows.add(row);
    }
    return new Table(columns, rows);
  }
}
