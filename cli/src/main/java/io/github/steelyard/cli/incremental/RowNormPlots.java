package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.report.BarChart;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.RowNorms;
import io.github.steelyard.incremental.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The lengths of the last layer's rows, which weight aligning corrects, as pictures. */
final class RowNormPlots {
  private static final int OLD = 0;
  private static final int NEW = 1;

  private RowNormPlots() {}

  static Plot ratios(Map<String, IncrementalResult> results) {
    List<Series> series = new ArrayList<>();
    int color = 0;
    for (Map.Entry<String, IncrementalResult> entry : results.entrySet()) {
      List<StepResult> steps = entry.getValue().steps();
      series.add(
          IncrementalPlots.curve(
              entry.getKey(), color, false, steps, step -> ratio(step.before())));
      if (isCorrected(entry.getValue())) {
        series.add(
            IncrementalPlots.curve(
                entry.getKey() + ", corrected", color, true, steps, step -> ratio(step.after())));
      }
      color++;
    }
    return IncrementalPlots.plot(
        "New rows against old rows",
        "The mean length of the last layer's rows of a step's new classes, divided by that of older"
            + " classes. Above 1, new classes get larger logits and older ones are taken for them."
            + " Solid: after training. Dashed: after the strategy corrected the rows; weight"
            + " aligning brings the ratio to 1.",
        "new / old",
        Plot.Kind.LINE,
        series);
  }

  private static double ratio(RowNorms norms) {
    return norms.newMean() / norms.oldMean();
  }

  private static boolean isCorrected(IncrementalResult result) {
    return result.steps().stream().anyMatch(step -> Double.isFinite(factor(step)));
  }

  /** What a correction multiplied the new rows with; not a number if there was none. */
  private static double factor(StepResult step) {
    return Double.isNaN(step.gamma()) ? step.alpha() : step.gamma();
  }

  static Plot byStep(String name, IncrementalResult result) {
    List<StepResult> steps = result.steps();
    List<Series> series = new ArrayList<>();
    series.add(
        IncrementalPlots.curve("old classes", OLD, false, steps, step -> step.before().oldMean()));
    if (isCorrected(result)) {
      series.add(
          IncrementalPlots.curve(
              "new classes, before", NEW, false, steps, step -> step.before().newMean()));
      series.add(
          IncrementalPlots.curve(
              "new classes, after", NEW, true, steps, step -> step.after().newMean()));
    } else {
      series.add(
          IncrementalPlots.curve(
              "new classes", NEW, false, steps, step -> step.before().newMean()));
    }
    return IncrementalPlots.plot(
        "Row norms by step: " + name,
        "The mean length of the last layer's rows, for the classes that came in a step and for"
            + " those that were known before; in the first step all are new."
            + (isCorrected(result)
                ? " Solid: as training left them. Dashed: as corrected; old rows stay as they are."
                : " This strategy does not correct them."),
        "mean row norm",
        Plot.Kind.LINE_FROM_ZERO,
        series);
  }

  static BarChart byClass(String name, IncrementalResult result) {
    StepResult last = IncrementalReport.last(result);
    List<BarChart.Bars> bars = new ArrayList<>();
    int classes = last.after().norms().size();
    if (last.oldClasses() > 0) {
      bars.add(
          BarChart.Bars.between(
              "old classes", OLD, false, last.after().norms(), 0, last.oldClasses()));
    }
    boolean corrected = Double.isFinite(factor(last));
    if (corrected) {
      bars.add(
          BarChart.Bars.between(
              "new classes, before", NEW, true, last.before().norms(), last.oldClasses(), classes));
    }
    bars.add(
        BarChart.Bars.between(
            corrected ? "new classes, after" : "new classes",
            NEW,
            false,
            last.after().norms(),
            last.oldClasses(),
            classes));
    return new BarChart(
        "Row norms by class: " + name,
        "The length of each class's row in the last layer after the last step."
            + (corrected
                ? " The correction multiplied the new rows by "
                    + Numbers.brief(factor(last))
                    + "; outlines show them before."
                : ""),
        "class",
        "row norm",
        result.classes().classes(),
        bars);
  }
}
