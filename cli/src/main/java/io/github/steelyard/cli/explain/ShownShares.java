package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.EdgeShares;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How the interaction between layers is spread over edges, for people and other programs.
 *
 * @param shares what was measured
 */
record ShownShares(EdgeShares shares) {
  /** The share of all interaction that is counted as nearly all of it. */
  private static final double MOST = 0.9;

  private static final int NAMED = 3;

  private static final int POINTS = 40;

  /** What the curves show, for people who have not seen such a picture, with the first section. */
  String text() {
    EdgeShares.Section first = shares.sections().get(0);
    List<String> counts = new ArrayList<>();
    first
        .bases()
        .forEach((kind, spread) -> counts.add(count(spread) + " in the " + BasisNames.of(kind)));
    return "An edge says how strongly one direction of a layer acts on a direction of the next. If few"
        + " edges carry nearly all of the interaction, the basis tells apart what is computed; if"
        + " many do, everything acts on everything. From %s to %s, 90 %% of it takes this many edges: %s."
            .formatted(first.from().name(), first.to().name(), String.join(", ", counts))
        + " Constant directions are left out; the numbers of all layers are in a table below.";
  }

  private static String count(EdgeShares.Spread spread) {
    return String.format(Locale.ROOT, "%,d of %,d", spread.carrying(MOST), spread.possible());
  }

  /** One curve a basis: how much of all interaction the largest edges carry. */
  List<Plot> plots() {
    return shares.sections().stream().map(ShownShares::plot).toList();
  }

  private static Plot plot(EdgeShares.Section section) {
    int end = end(section);
    List<Series> series = new ArrayList<>();
    section
        .bases()
        .forEach(
            (kind, spread) ->
                series.add(
                    new Series(
                        BasisNames.of(kind), series.size(), false, cumulative(spread, end))));
    return new Plot(
        "Interaction from %s to %s".formatted(section.from().name(), section.to().name()),
        "How much of all interaction the largest edges carry together. The faster a curve rises,"
            + " the fewer edges are needed in that basis."
            + largest(section),
        "edges, largest first",
        "%",
        Plot.Kind.LINE,
        false,
        series);
  }

  /** Where the chosen basis has told all, and as much again for the others to show. */
  private static int end(EdgeShares.Section section) {
    int needed = section.bases().values().iterator().next().carrying(0.99);
    int most = section.bases().values().stream().mapToInt(s -> s.edges().size()).max().orElse(0);
    return Math.min(most, 10 * Math.max(1, (2 * needed + 9) / 10));
  }

  private static String largest(EdgeShares.Section section) {
    BasisKind own = section.bases().keySet().iterator().next();
    List<String> edges =
        section.bases().get(own).edges().stream()
            .limit(NAMED)
            .map(
                edge ->
                    String.format(
                        Locale.ROOT,
                        "%d to %d (%.0f %%)",
                        edge.from(),
                        edge.to(),
                        100 * edge.share()))
            .toList();
    return edges.isEmpty()
        ? ""
        : " The largest in the "
            + BasisNames.of(own)
            + ", by the vectors' numbers: "
            + String.join(", ", edges)
            + ".";
  }

  private static List<Series.Point> cumulative(EdgeShares.Spread spread, int end) {
    List<Series.Point> points = new ArrayList<>(List.of(new Series.Point(0, 0)));
    int stride = Math.max(1, end / POINTS);
    double sum = 0;
    for (int i = 1; i <= end; i++) {
      sum += i <= spread.edges().size() ? spread.edges().get(i - 1).share() : 0;
      if (i % stride == 0 || i == end) {
        points.add(new Series.Point(i, Math.min(100, 100 * sum)));
      }
    }
    return points;
  }

  /** One row a section, one column a basis. */
  Table table() {
    List<String> columns = new ArrayList<>(List.of("From", "To"));
    shares.sections().get(0).bases().keySet().forEach(kind -> columns.add(BasisNames.of(kind)));
    List<List<String>> rows = new ArrayList<>();
    for (EdgeShares.Section section : shares.sections()) {
      List<String> row = new ArrayList<>(List.of(section.from().name(), section.to().name()));
      section.bases().values().forEach(spread -> row.add(count(spread)));
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  /** Says what the table counts. */
  static String sentence() {
    return "edges that carry 90 % of the interaction, of all pairs of directions";
  }

  List<Map<String, Object>> toJson() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (EdgeShares.Section section : shares.sections()) {
      Map<String, Object> bases = new LinkedHashMap<>();
      section
          .bases()
          .forEach(
              (kind, spread) ->
                  bases.put(
                      Output.word(kind),
                      Map.of(
                          "possible", spread.possible(),
                          "carrying_half", spread.carrying(0.5),
                          "carrying_90_percent", spread.carrying(MOST),
                          "largest", spread.edges().stream().limit(NAMED).toList())));
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("from", section.from().name());
      values.put("to", section.to().name());
      values.put("bases", bases);
      all.add(values);
    }
    return all;
  }
}
