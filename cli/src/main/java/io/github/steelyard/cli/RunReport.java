package io.github.steelyard.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.train.TrainingResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The report of one training run. */
final class RunReport {
  private RunReport() {}

  static Report of(Training training, RunHistory history, TrainingResult result) {
    List<List<String>> rows = new ArrayList<>();
    result
        .metrics()
        .forEach((name, value) -> rows.add(List.of("test " + name, Numbers.brief(value))));
    result
        .best()
        .ifPresent(best -> rows.add(List.of("best " + best.metric(), Numbers.brief(best.value()))));
    rows.add(List.of("steps", String.valueOf(result.steps())));
    rows.add(List.of("time", Numbers.duration(result.seconds())));
    List<Plot> plots = new ArrayList<>();
    plots.add(
        plot(
            "Loss",
            "cross-entropy",
            List.of(
                new Series("training", 0, false, history.points("step", "step", of("loss"))),
                new Series("test", 1, false, history.points("evaluation", "step", of("loss"))))));
    plots.add(
        plot(
            "Test accuracy",
            "fraction",
            List.of(
                new Series(
                    "weights", 0, false, history.points("evaluation", "step", of("accuracy"))),
                new Series(
                    "average of weights",
                    2,
                    true,
                    history.points("evaluation", "step", of("average.accuracy"))))));
    return new Report(
        training.recipe().name(),
        training.recipe().description(),
        new Table(List.of("Measure", "Value"), rows),
        plots,
        Map.of(),
        training.recipe().toYaml(),
        training.provenance());
  }

  private static java.util.function.Function<JsonNode, JsonNode> of(String field) {
    return line -> line.get(field);
  }

  private static Plot plot(String title, String y, List<Series> series) {
    return new Plot(
        title,
        "",
        "step",
        y,
        Plot.Kind.LINE,
        false,
        series.stream().filter(curve -> !curve.points().isEmpty()).toList());
  }
}
