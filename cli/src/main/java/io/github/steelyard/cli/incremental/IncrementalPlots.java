package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.report.Figure;
import io.github.steelyard.cli.report.HeatMap;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.incremental.Evaluation;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** What strategies learned and forgot, as pictures. */
final class IncrementalPlots {
  private IncrementalPlots() {}

  /** Pictures of one kind stand side by side, so that strategies can be compared. */
  static List<Figure> of(Map<String, IncrementalResult> results) {
    List<Figure> figures = new ArrayList<>();
    figures.add(accuracies(results));
    if (results.size() > 1) {
      figures.add(RowNormPlots.ratios(results));
    }
    results.forEach((name, result) -> figures.add(accuracyMatrix(name, result)));
    results.forEach((name, result) -> figures.add(confusion(name, result)));
    results.forEach(
        (name, result) -> {
          if (result.steps().size() > 1) {
            figures.add(RowNormPlots.byStep(name, result));
          }
        });
    results.forEach((name, result) -> figures.add(RowNormPlots.byClass(name, result)));
    return figures;
  }

  private static Plot accuracies(Map<String, IncrementalResult> results) {
    List<Series> series = new ArrayList<>();
    results.forEach(
        (name, result) ->
            series.add(
                curve(
                    name,
                    series.size(),
                    isBound(result),
                    result.steps(),
                    step -> 100 * step.evaluation().accuracy())));
    return plot(
        "Accuracy on classes seen",
        "The share of right answers to test samples of all classes seen so far, after each step."
            + best(results),
        "accuracy in %",
        Plot.Kind.LINE,
        series);
  }

  private static String best(Map<String, IncrementalResult> results) {
    Optional<Map.Entry<String, IncrementalResult>> best =
        results.entrySet().stream()
            .filter(entry -> !isBound(entry.getValue()))
            .max(
                (a, b) ->
                    Double.compare(a.getValue().finalAccuracy(), b.getValue().finalAccuracy()));
    StringBuilder text = new StringBuilder();
    best.ifPresent(
        entry ->
            text.append(results.size() > 1 ? " Best at the end: " : " At the end: ")
                .append(entry.getKey())
                .append(" with ")
                .append(Numbers.percent(entry.getValue().finalAccuracy()))
                .append('.'));
    results.forEach(
        (name, result) -> {
          if (isBound(result)) {
            text.append(" Dashed: ")
                .append(name)
                .append(", an upper bound that may see all data of all steps again; it ends at ")
                .append(Numbers.percent(result.finalAccuracy()))
                .append('.');
          }
        });
    return text.toString();
  }

  /** Whether old data was there in every step, which is not incremental. */
  private static boolean isBound(IncrementalResult result) {
    return IncrementalReport.strategy(result)
        .filter(strategy -> strategy.samples().beginsAnew())
        .isPresent();
  }

  private static HeatMap accuracyMatrix(String name, IncrementalResult result) {
    List<List<Double>> matrix = result.accuracyMatrix();
    int steps = matrix.size();
    List<List<Double>> cells = new ArrayList<>();
    for (List<Double> row : matrix) {
      cells.add(
          IntStream.range(0, steps)
              .mapToObj(t -> t < row.size() ? 100 * row.get(t) : Double.NaN)
              .toList());
    }
    String changed =
        steps == 1
            ? ""
            : String.format(
                Locale.ROOT,
                " Here the classes of step 1 go from %s to %s.",
                Numbers.percent(matrix.get(0).get(0)),
                Numbers.percent(matrix.get(steps - 1).get(0)));
    return new HeatMap(
        "Accuracy matrix: " + name,
        "Each row is the model after that step, each column the test samples of the classes that"
            + " came in that step. The diagonal shows what was just learned, a column downwards what"
            + " is left of it later. Cells above the diagonal are empty: those classes were not"
            + " known yet."
            + changed,
        "classes of step",
        "after step",
        numbers(steps),
        numbers(steps),
        cells,
        HeatMap.Unit.PERCENT);
  }

  private static List<String> numbers(int last) {
    return IntStream.rangeClosed(1, last).mapToObj(String::valueOf).toList();
  }

  private static HeatMap confusion(String name, IncrementalResult result) {
    List<String> classes = result.classes().classes();
    StepResult last = IncrementalReport.last(result);
    List<List<Long>> counts = last.evaluation().confusion();
    return new HeatMap(
        "Confusion matrix: " + name,
        "After the last step: each row is a true class, each column an answer, and the colour is the"
            + " share of the row's test samples. Right answers lie on the diagonal; classes stand in"
            + " the order in which they came."
            + confused(counts, classes)
            + takenForNew(last.evaluation(), last.oldClasses()),
        "answer",
        "true class",
        classes,
        classes,
        counts.stream().map(row -> row.stream().map(Long::doubleValue).toList()).toList(),
        HeatMap.Unit.COUNT);
  }

  /** The largest share outside the diagonal. */
  private static String confused(List<List<Long>> counts, List<String> classes) {
    double most = 0;
    String text = "";
    for (int truth = 0; truth < counts.size(); truth++) {
      long samples = sum(counts.get(truth));
      for (int answer = 0; answer < counts.size(); answer++) {
        double share = (double) counts.get(truth).get(answer) / samples;
        if (answer != truth && share > most) {
          most = share;
          text =
              " Most often confused: "
                  + Numbers.percent(share)
                  + " of '"
                  + classes.get(truth)
                  + "' are taken for '"
                  + classes.get(answer)
                  + "'.";
        }
      }
    }
    return text;
  }

  /** How far the answers lean to what came last. */
  private static String takenForNew(Evaluation evaluation, int oldClasses) {
    if (oldClasses == 0) {
      return "";
    }
    List<List<Long>> old = evaluation.confusion().subList(0, oldClasses);
    long samples = old.stream().mapToLong(IncrementalPlots::sum).sum();
    long taken = old.stream().mapToLong(row -> sum(row.subList(oldClasses, row.size()))).sum();
    return " Of all samples of older classes, "
        + Numbers.percent((double) taken / samples)
        + " are taken for a class of the last step.";
  }

  private static long sum(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  static Series curve(
      String name,
      int color,
      boolean dashed,
      List<StepResult> steps,
      ToDoubleFunction<StepResult> value) {
    return new Series(
        name,
        color,
        dashed,
        steps.stream()
            .map(step -> new Series.Point(step.step(), value.applyAsDouble(step)))
            .toList());
  }

  /** Curves without a point, such as old classes' after a single step, are left out. */
  static Plot plot(
      String title, String caption, String yLabel, Plot.Kind kind, List<Series> series) {
    return new Plot(
        title,
        caption,
        "step",
        yLabel,
        kind,
        false,
        series.stream().filter(curve -> !curve.points().isEmpty()).toList());
  }
}
