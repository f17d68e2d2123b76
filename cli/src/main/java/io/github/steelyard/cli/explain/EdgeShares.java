package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.recipe.Section;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.InteractionGraph;
import io.github.steelyard.interaction.NodeLayer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How the interaction between two layers is spread over edges, for several bases: few edges that
 * carry much are what an interaction basis is looked for.
 *
 * @param sections section by section
 */
public record EdgeShares(List<Section> sections) {
  /** The share of all interaction that is counted as nearly all of it. */
  private static final double MOST = 0.9;

  private static final int NAMED = 3;
  private static final int POINTS = 40;

  /**
   * From one layer to the next.
   *
   * @param from where edges begin
   * @param to where they end
   * @param bases by kind, the basis of graph and modules first
   */
  record Section(NodeLayer from, NodeLayer to, Map<BasisKind, Spread> bases) {}

  /**
   * An edge.
   *
   * @param from the acting vector's number, from 1
   * @param to the number of the vector that is acted on, from 1
   * @param share its part of all interaction between the two layers
   */
  record Edge(int from, int to, double share) {}

  /**
   * The edges of one section in one basis.
   *
   * @param possible pairs of vectors
   * @param edges the edges that are not 0, by falling share
   */
  record Spread(long possible, List<Edge> edges) {
    /** How many of the largest edges carry a share of all interaction. */
    int carrying(double share) {
      double sum = 0;
      int count = 0;
      while (count < edges.size() && sum < share) {
        sum += edges.get(count).share();
        count++;
      }
      return count;
    }
  }

  /**
   * Reads the edges' norms.
   *
   * @param graphs by kind, the basis of graph and modules first
   * @param layers the network's layers
   */
  static EdgeShares of(Map<BasisKind, InteractionGraph> graphs, List<NodeLayer> layers) {
    List<Section> sections = new ArrayList<>();
    for (int s = 0; s + 1 < layers.size(); s++) {
      Map<BasisKind, Spread> bases = new LinkedHashMap<>();
      for (Map.Entry<BasisKind, InteractionGraph> entry : graphs.entrySet()) {
        bases.put(entry.getKey(), spread(entry.getValue(), s));
      }
      sections.add(new Section(layers.get(s), layers.get(s + 1), bases));
    }
    return new EdgeShares(sections);
  }

  private static Spread spread(InteractionGraph graph, int section) {
    List<InteractionGraph.Edge> own =
        graph.edges().stream()
            .filter(edge -> graph.nodes().get(edge.from()).layer() == section)
            .toList();
    double total = own.stream().mapToDouble(edge -> Math.abs(edge.value())).sum();
    return new Spread(
        nodes(graph, section) * nodes(graph, section + 1),
        own.stream()
            .map(
                edge ->
                    new Edge(
                        graph.nodes().get(edge.from()).column() + 1,
                        graph.nodes().get(edge.to()).column() + 1,
                        Math.abs(edge.value()) / total))
            .sorted(Comparator.comparingDouble(edge -> -edge.share()))
            .toList());
  }

  private static long nodes(InteractionGraph graph, int layer) {
    return graph.nodes().stream().filter(node -> node.layer() == layer).count();
  }

  /** What the curves show, for people who have not seen such a picture, with the first section. */
  String text() {
    Section first = sections.get(0);
    List<String> counts = new ArrayList<>();
    first
        .bases()
        .forEach((kind, spread) -> counts.add(count(spread) + " in the " + Explanation.name(kind)));
    return "An edge says how strongly one direction of a layer acts on a direction of the next. If few"
        + " edges carry nearly all of the interaction, the basis tells apart what is computed; if"
        + " many do, everything acts on everything. From %s to %s, 90 %% of it takes this many edges: %s."
            .formatted(first.from().name(), first.to().name(), String.join(", ", counts))
        + " Constant directions are left out; the numbers of all layers are in a table below.";
  }

  private static String count(Spread spread) {
    return String.format(Locale.ROOT, "%,d of %,d", spread.carrying(MOST), spread.possible());
  }

  /** One curve a basis: how much of all interaction the largest edges carry. */
  List<Plot> plots() {
    return sections.stream().map(EdgeShares::plot).toList();
  }

  private static Plot plot(Section section) {
    int end = end(section);
    List<Series> series = new ArrayList<>();
    section
        .bases()
        .forEach(
            (kind, spread) ->
                series.add(
                    new Series(
                        Explanation.name(kind), series.size(), false, cumulative(spread, end))));
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
  private static int end(Section section) {
    int needed = section.bases().values().iterator().next().carrying(0.99);
    int most = section.bases().values().stream().mapToInt(s -> s.edges().size()).max().orElse(0);
    return Math.min(most, 10 * Math.max(1, (2 * needed + 9) / 10));
  }

  private static String largest(Section section) {
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
            + Explanation.name(own)
            + ", by the vectors' numbers: "
            + String.join(", ", edges)
            + ".";
  }

  private static List<Series.Point> cumulative(Spread spread, int end) {
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
  public Table table() {
    List<String> columns = new ArrayList<>(List.of("From", "To"));
    sections.get(0).bases().keySet().forEach(kind -> columns.add(Explanation.name(kind)));
    List<List<String>> rows = new ArrayList<>();
    for (Section section : sections) {
      List<String> row = new ArrayList<>(List.of(section.from().name(), section.to().name()));
      section.bases().values().forEach(spread -> row.add(count(spread)));
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  /** Says what the table counts. */
  public static String sentence() {
    return "edges that carry 90 % of the interaction, of all pairs of directions";
  }

  List<Map<String, Object>> toJson() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Section section : sections) {
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
