package io.github.steelyard.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.BarChart;
import io.github.steelyard.cli.report.Figure;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Pictures of a life's report that are made of what single commands draw or leave. */
final class LifePlots {
  private LifePlots() {}

  /** Singular values and distributions, with words for those who see them for the first time. */
  static List<Figure> explained(List<Plot> beforeAndAfter) {
    List<Figure> explained = new ArrayList<>();
    for (Plot plot : beforeAndAfter) {
      String caption =
          plot.title().startsWith("Singular")
              ? "How much the layer stretches its strongest, second strongest, ... direction, before"
                  + " the first pruning and at the end. The flatter the line, the less can a small"
                  + " change of the input be blown up."
              : "How large the layer's weights are, before the first pruning and at the end. Most of"
                  + " the small ones have become zero, which are left out here.";
      explained.add(
          new Plot(
              plot.title(),
              caption,
              plot.xLabel(),
              plot.yLabel(),
              plot.kind(),
              plot.logarithmic(),
              plot.series()));
    }
    return explained;
  }

  /** How often samples of each class are answered rightly, from a strategy's results. */
  static BarChart recalls(RunDirectory run, List<String> classes) throws IOException {
    JsonNode confusion = Output.JSON.readTree(run.results().toFile()).path("confusion");
    List<Double> recalls = new ArrayList<>();
    for (int c = 0; c < classes.size(); c++) {
      double all = 0;
      for (JsonNode count : confusion.path(c)) {
        all += count.asDouble();
      }
      recalls.add(100 * confusion.path(c).path(c).asDouble() / all);
    }
    return new BarChart(
        "Right answers by class",
        "The share of each class's test images that get the right answer, with all classes to choose"
            + " from.",
        "class",
        "accuracy in %",
        classes,
        List.of(new BarChart.Bars("right answers", 0, false, recalls)));
  }
}
