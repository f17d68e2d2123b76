package io.github.steelyard.cli.run;

import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.results.RunHistory;
import java.util.ArrayList;
import java.util.List;

/** Pictures of what a training logged. */
public final class TrainingPlots {
  private TrainingPlots() {}

  /**
   * Loss and accuracy over the steps.
   *
   * @param measuredOn {@code test} or {@code validation}
   * @param history the log
   * @return the plots
   */
  public static List<Plot> accuracy(String measuredOn, RunHistory history) {
    List<Plot> plots = new ArrayList<>();
    plots.add(
        plot(
            "Loss",
            "Training: single batches; " + measuredOn + ": after an epoch.",
            "loss",
            false,
            new Series("training", 0, false, points(history, "step", "loss")),
            new Series(measuredOn, 1, false, points(history, "evaluation", "loss")),
            new Series(
                measuredOn + ", averaged weights",
                2,
                true,
                points(history, "evaluation", "average.loss"))));
    plots.add(
        plot(
            measuredOn.equals("test") ? "Test accuracy" : "Validation accuracy",
            "",
            "accuracy in %",
            false,
            new Series("weights", 0, false, percent(points(history, "evaluation", "accuracy"))),
            new Series(
                "averaged weights",
                2,
                true,
                percent(points(history, "evaluation", "average.accuracy")))));
    return plots;
  }

  private static List<Series.Point> points(RunHistory history, String event, String field) {
    return history.points(event, "step", line -> line.get(field));
  }

  /**
   * Fractions as percent.
   *
   * @param fractions points with values from 0 to 1
   * @return points with values from 0 to 100
   */
  public static List<Series.Point> percent(List<Series.Point> fractions) {
    return fractions.stream().map(p -> new Series.Point(p.x(), 100 * p.y())).toList();
  }

  static Plot plot(String title, String caption, String y, boolean logarithmic, Series... series) {
    List<Series> drawn = new ArrayList<>();
    for (Series curve : series) {
      if (!curve.points().isEmpty()) {
        drawn.add(curve);
      }
    }
    return new Plot(title, caption, "step", y, Plot.Kind.LINE, logarithmic, drawn);
  }
}
