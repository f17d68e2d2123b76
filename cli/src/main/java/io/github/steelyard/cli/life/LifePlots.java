package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.BarChart;
import io.github.steelyard.cli.report.Figure;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.io.CheckedJson;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Pictures of a life's report that are made of what single commands draw or leave. */
final class LifePlots {
  private LifePlots() {}

  /** Singular values and distributions, with words for those who see them for the first time. */
  static List<Figure> explained(List<Plot> beforeAndAfter) {
    List<Figure> explained = new ArrayList<>();
    for (Plot plot : beforeAndAfter) {
      String caption =
          plot.title().startsWith("Singular")
              ? "How much the layer stretches its strongest, second strongest, ... direction,"
                  + " before the first pruning and at the end. The flatter the line, the less can"
                  + " a small change of the input be blown up."
              : "How large the layer's weights are, before the first pruning and at the end. Most"
                  + " of the small ones have become zero, which are left out here.";
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

  /**
   * The lengths of the last layer's rows around the alignment of a step.
   *
   * @param known how many classes were known before
   * @param step what the run logged of the step
   */
  static BarChart norms(List<String> classes, int known, JsonNode step) {
    List<Double> was = numbers(step.path("norms_before").path("rows"));
    List<Double> now = numbers(step.path("norms_after").path("rows"));
    int all = classes.size();
    return new BarChart(
        "How loudly each class speaks",
        String.format(
            Locale.ROOT,
            "The length of each class's row in the last layer. Classes with longer rows win too"
                + " often; aligning gives new rows (outlined: before) the old ones' mean length, of"
                + " which they had %.0f %%.",
            100 * mean(was.subList(known, all)) / mean(was.subList(0, known))),
        "class",
        "row norm",
        classes,
        List.of(
            BarChart.Bars.between("old classes", 0, false, now, 0, known),
            BarChart.Bars.between("new classes", 1, false, now, known, all),
            BarChart.Bars.between("new classes before aligning", 1, true, was, known, all)));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElse(Double.NaN);
  }

  private static List<Double> numbers(JsonNode list) {
    List<Double> numbers = new ArrayList<>();
    list.forEach(number -> numbers.add(number.asDouble()));
    return numbers;
  }

  /** The files of an export, beside what the same weights take in float32. */
  static BarChart fileSizes(JsonNode results) {
    List<String> names = new ArrayList<>();
    List<Double> sizes = new ArrayList<>();
    double floating = 0;
    for (Map.Entry<String, JsonNode> entry : results.properties()) {
      names.add(entry.getKey());
      sizes.add(entry.getValue().path("bytes").asDouble() / 1000);
      floating = entry.getValue().path("float_bytes").asDouble() / 1000;
    }
    names.add("float32");
    sizes.add(floating);
    return new BarChart(
        "Size of the files",
        "Beside what the same weights take as 32-bit numbers. ONNX files hold the network's graph"
            + " too.",
        "file",
        "kB",
        names,
        List.of(new BarChart.Bars("size", 2, false, sizes)));
  }

  /** How often samples of each class are answered rightly, from a strategy's results. */
  static BarChart recalls(RunDirectory run, List<String> classes) throws IOException {
    JsonNode confusion = CheckedJson.read(run.results()).path("confusion");
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
        "The share of each class's test images that get the right answer, with all classes to"
            + " choose from.",
        "class",
        "accuracy in %",
        classes,
        List.of(new BarChart.Bars("right answers", 0, false, recalls)));
  }
}
