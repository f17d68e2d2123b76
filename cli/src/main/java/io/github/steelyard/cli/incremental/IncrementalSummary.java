package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.incremental.Evaluation;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.RowNorms;
import io.github.steelyard.incremental.StepResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What came out of one strategy, for people and for other programs. */
record IncrementalSummary(IncrementalResult result) {
  private static final List<String> COLUMNS =
      List.of(
          "strategy",
          "final",
          "average",
          "old classes",
          "new classes",
          "forgetting",
          "backward transfer",
          "time");

  /** The row of a table; accuracies of the last model, and the average over steps. */
  private List<String> row() {
    return List.of(
        result.strategy(),
        Numbers.percent(result.finalAccuracy()),
        Numbers.percent(result.averageIncrementalAccuracy()),
        Numbers.percent(last(Evaluation::oldAccuracy)),
        Numbers.percent(last(Evaluation::newAccuracy)),
        Numbers.percent(result.forgetting()),
        Numbers.percent(result.backwardTransfer()),
        Numbers.duration(seconds()));
  }

  /** Two tables by their headings: one row each, and the accuracies after each step. */
  static Map<String, Table> tables(List<IncrementalSummary> summaries, int steps) {
    Map<String, Table> tables = new LinkedHashMap<>();
    tables.put("", new Table(COLUMNS, summaries.stream().map(IncrementalSummary::row).toList()));
    List<String> columns = new ArrayList<>(List.of("strategy"));
    for (int step = 1; step <= steps; step++) {
      columns.add(String.valueOf(step));
    }
    tables.put(
        "accuracy after each step",
        new Table(columns, summaries.stream().map(own -> own.accuracyRow(steps)).toList()));
    return tables;
  }

  /** The row of a table with the accuracy over all classes seen after each step. */
  private List<String> accuracyRow(int steps) {
    List<String> row = new ArrayList<>(List.of(result.strategy()));
    result.accuracies().forEach(accuracy -> row.add(Numbers.percent(accuracy)));
    while (row.size() <= steps) {
      row.add("-");
    }
    return row;
  }

  private double seconds() {
    return seconds(result);
  }

  /** How long the steps took. */
  static double seconds(IncrementalResult result) {
    return result.steps().stream().mapToDouble(StepResult::seconds).sum();
  }

  private double last(ToDoubleFunction<Evaluation> value) {
    List<StepResult> steps = result.steps();
    return steps.isEmpty()
        ? Double.NaN
        : value.applyAsDouble(steps.get(steps.size() - 1).evaluation());
  }

  /** All numbers; those that are not defined yet are null. */
  Map<String, Object> toJson() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("strategy", result.strategy());
    values.put("class_order", result.classes().classes());
    values.put("step_sizes", result.classes().stepSizes());
    values.put("final_accuracy", Numbers.finite(result.finalAccuracy()));
    values.put("average_incremental_accuracy", Numbers.finite(result.averageIncrementalAccuracy()));
    values.put("average_without_first", Numbers.finite(result.averageWithoutFirst()));
    values.put("old_accuracy", Numbers.finite(last(Evaluation::oldAccuracy)));
    values.put("new_accuracy", Numbers.finite(last(Evaluation::newAccuracy)));
    values.put("forgetting", Numbers.finite(result.forgetting()));
    values.put("backward_transfer", Numbers.finite(result.backwardTransfer()));
    values.put("accuracies", result.accuracies());
    values.put("accuracy_matrix", result.accuracyMatrix());
    values.put("seconds", seconds());
    Map<String, Object> readOuts = new LinkedHashMap<>();
    for (String readOut : readOuts()) {
      IncrementalResult by = result.by(readOut);
      Map<String, Object> numbers = new LinkedHashMap<>();
      numbers.put("final_accuracy", Numbers.finite(by.finalAccuracy()));
      numbers.put("average_incremental_accuracy", Numbers.finite(by.averageIncrementalAccuracy()));
      readOuts.put(readOut, numbers);
    }
    values.put("by_read_out", readOuts);
    if (!result.steps().isEmpty()) {
      StepResult step = result.steps().get(result.steps().size() - 1);
      values.put("confusion", step.evaluation().confusion());
      values.put("norm_ratio", ratio(step.after()));
      values.put("norm_ratio_before", ratio(step.before()));
      values.put("bias_preference", Numbers.finite(step.biasPreference()));
    }
    return values;
  }

  /** Those by which every step was evaluated. */
  private List<String> readOuts() {
    return result.steps().stream()
        .map(step -> step.evaluations().stream().map(Evaluation::readOut).toList())
        .reduce((a, b) -> a.stream().filter(b::contains).toList())
        .orElse(List.of());
  }

  /** One line of the log for each finished step. */
  List<Map<String, Object>> log() {
    List<Map<String, Object>> lines = new ArrayList<>();
    long optimizerSteps = 0;
    long epochs = 0;
    for (StepResult step : result.steps()) {
      optimizerSteps += step.optimizerSteps();
      epochs += step.epochs();
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("event", "increment");
      line.put("step", optimizerSteps);
      line.put("epoch", epochs);
      line.put("increment", step.step());
      line.put("new_classes", step.newClasses());
      line.put("old_classes", step.oldClasses());
      line.put("training_samples", step.trainingSamples());
      line.put("exemplars", step.exemplars());
      line.put("loss", Numbers.finite(step.loss()));
      line.put("seconds", step.seconds());
      for (Evaluation evaluation : step.evaluations()) {
        line.put(evaluation.readOut(), values(evaluation));
      }
      line.put("gamma", Numbers.finite(step.gamma()));
      line.put("alpha", Numbers.finite(step.alpha()));
      line.put("beta", Numbers.finite(step.beta()));
      line.put("bias_preference", Numbers.finite(step.biasPreference()));
      line.put("norms_before", values(step.before()));
      line.put("norms_after", values(step.after()));
      lines.add(line);
    }
    return lines;
  }

  /** The numbers of one evaluation; those that are not defined are null. */
  static Map<String, Object> values(Evaluation evaluation) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("accuracy", Numbers.finite(evaluation.accuracy()));
    values.put("old_accuracy", Numbers.finite(evaluation.oldAccuracy()));
    values.put("new_accuracy", Numbers.finite(evaluation.newAccuracy()));
    values.put("task_accuracies", evaluation.taskAccuracies());
    return values;
  }

  /** The mean length of new rows divided by that of old ones. */
  private static Double ratio(RowNorms norms) {
    return Numbers.finite(norms.newMean() / norms.oldMean());
  }

  private static Map<String, Object> values(RowNorms norms) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("old_mean", Numbers.finite(norms.oldMean()));
    values.put("new_mean", Numbers.finite(norms.newMean()));
    values.put("rows", norms.norms());
    return values;
  }
}
