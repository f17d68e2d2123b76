package io.github.steelyard.cli.results;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.io.inspect.Histogram;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run's log says of its weights: their distribution, and a and b of their companders. */
public final class LoggedWeights {
  /** Two plots of each layer would be a page that nobody scrolls through. */
  private static final int MOST_LAYERS = 4;

  private final RunHistory history;

  private LoggedWeights(RunHistory history) {
    this.history = history;
  }

  /**
   * What a log says.
   *
   * @param history the log
   * @return its part about weights
   */
  public static LoggedWeights of(RunHistory history) {
    return new LoggedWeights(history);
  }

  /**
   * All weights at the start and at the end, then those of some layers; none if not logged.
   *
   * @return the plots
   */
  public List<Plot> histograms() {
    List<JsonNode> events = history.events("histograms");
    if (events.size() < 2) {
      return List.of();
    }
    JsonNode start = events.get(0);
    JsonNode end = events.get(events.size() - 1);
    List<Plot> plots = new ArrayList<>();
    plots.add(plot("Weights at the start and at the end", start.path("all"), end.path("all")));
    List<String> names = new ArrayList<>();
    start.path("weights").fieldNames().forEachRemaining(names::add);
    int count = names.size() == 1 ? 0 : Math.min(MOST_LAYERS, names.size());
    for (int i = 0; i < count; i++) {
      String name = names.get(count == 1 ? 0 : i * (names.size() - 1) / (count - 1));
      plots.add(
          plot(
              "Weights of " + name + " at the start and at the end",
              start.path("weights").path(name),
              end.path("weights").path(name)));
    }
    return plots;
  }

  /** Densities, since the two have bins of different widths. */
  private static Plot plot(String title, JsonNode start, JsonNode end) {
    return new Plot(
        title,
        "As the layer sees them. The area below each curve is 1.",
        "value",
        "density",
        Plot.Kind.HISTOGRAM,
        false,
        List.of(
            new Series("at the start", 0, true, density(start)),
            new Series("at the end", 0, false, density(end))));
  }

  private static List<Series.Point> density(JsonNode logged) {
    List<Double> edges = new ArrayList<>();
    logged.path("edges").forEach(edge -> edges.add(edge.asDouble()));
    List<Long> counts = new ArrayList<>();
    logged.path("counts").forEach(count -> counts.add(count.asLong()));
    if (edges.isEmpty()) {
      return List.of(); // A weight that was not there yet, or is not any more.
    }
    // Equal weights have one bin of no width, and no density.
    List<Double> densities = new Histogram(edges, counts).densities();
    List<Series.Point> points = new ArrayList<>();
    for (int bin = 0; bin < densities.size(); bin++) {
      points.add(new Series.Point((edges.get(bin) + edges.get(bin + 1)) / 2, densities.get(bin)));
    }
    return points;
  }

  /**
   * a and b over the steps, where they are learned.
   *
   * @return two plots, or none
   */
  public List<Plot> companders() {
    if (history.events("compander").size() < 2) {
      return List.of();
    }
    return List.of(
        curves("Learned a", "The largest size of a weight is a π / 2.", "a"),
        curves("Learned b", "The slope at 0 is a / b.", "b"));
  }

  private Plot curves(String title, String caption, String letter) {
    Map<String, List<Series.Point>> points = new LinkedHashMap<>();
    for (JsonNode event : history.events("compander")) {
      for (Map.Entry<String, JsonNode> entry : event.properties()) {
        JsonNode value = entry.getValue().path(letter);
        if (value.isNumber()) {
          points
              .computeIfAbsent(entry.getKey(), layer -> new ArrayList<>())
              .add(new Series.Point(event.path("step").asDouble(), value.asDouble()));
        }
      }
    }
    points.values().removeIf(own -> own.size() < 2);
    List<Series> series = new ArrayList<>();
    points.forEach((layer, own) -> series.add(new Series(layer, series.size(), false, own)));
    return new Plot(title, caption, "step", letter, Plot.Kind.LINE, false, series);
  }
}
