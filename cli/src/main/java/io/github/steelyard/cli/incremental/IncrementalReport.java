package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.incremental.Evaluation;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.ReadOuts;
import io.github.steelyard.incremental.StepResult;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.incremental.Strategy;
import io.github.steelyard.incremental.Strategy.ReadOut;
import io.github.steelyard.runtime.Provenance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The report of one or several strategies that learned classes step by step. */
final class IncrementalReport {
  private IncrementalReport() {}

  /**
   * Makes a report.
   *
   * @param title what was learned
   * @param results what came out of each strategy, at least one step each
   * @param recipe the resolved recipe as YAML; empty for none
   * @param provenance where the numbers come from
   * @return the report
   * @throws IllegalArgumentException if there is no result, or one without a step
   */
  static Report of(
      String title, List<IncrementalResult> results, String recipe, Provenance provenance) {
    if (results.isEmpty() || results.stream().anyMatch(result -> result.steps().isEmpty())) {
      throw new IllegalArgumentException(
          "a report needs results of at least one step, but has " + results);
    }
    Map<String, IncrementalResult> byName = byName(results);
    return new Report(
        title,
        summary(results.get(0)),
        table(byName),
        IncrementalPlots.of(byName),
        Map.of(),
        recipe,
        provenance);
  }

  /** The strategies' names, which are numbered where one stands several times. */
  private static Map<String, IncrementalResult> byName(List<IncrementalResult> results) {
    Map<String, IncrementalResult> byName = new LinkedHashMap<>();
    for (IncrementalResult result : results) {
      String name = result.strategy();
      for (int run = 2; byName.containsKey(name); run++) {
        name = result.strategy() + " (" + run + ")";
      }
      byName.put(name, result);
    }
    return byName;
  }

  private static String summary(IncrementalResult first) {
    List<Integer> sizes = first.classes().stepSizes();
    boolean equal = sizes.stream().distinct().count() == 1;
    return String.format(
        Locale.ROOT,
        "%d classes in %s%s. After each step the model has to tell all classes seen so far from each"
            + " other, and is not told which step a sample belongs to.",
        first.classes().size(),
        sizes.size() == 1 ? "one step" : sizes.size() + " steps",
        sizes.size() == 1
            ? ""
            : " of "
                + (equal
                    ? String.valueOf(sizes.get(0))
                    : sizes.stream().map(String::valueOf).collect(Collectors.joining(", "))));
  }

  private static Table table(Map<String, IncrementalResult> results) {
    boolean readOuts =
        results.values().stream().anyMatch(result -> last(result).evaluations().size() > 1);
    List<String> columns =
        new ArrayList<>(
            List.of(
                "Strategy",
                "Final accuracy",
                "Average incremental accuracy",
                "Old classes",
                "New classes",
                "Forgetting, points",
                "Backward transfer, points"));
    if (readOuts) {
      columns.addAll(List.of("Final, softmax", "Final, nearest mean"));
    }
    columns.add("Training time");
    List<List<String>> rows = new ArrayList<>();
    results.forEach((name, result) -> rows.add(row(name, result, readOuts)));
    return new Table(columns, rows, notes(results));
  }

  private static List<String> row(String name, IncrementalResult result, boolean readOuts) {
    Evaluation evaluation = last(result).evaluation();
    List<String> row =
        new ArrayList<>(
            List.of(
                name,
                Numbers.percent(result.finalAccuracy()),
                Numbers.percent(result.averageIncrementalAccuracy()),
                Numbers.percent(evaluation.oldAccuracy()),
                Numbers.percent(evaluation.newAccuracy()),
                points(result.forgetting()),
                points(result.backwardTransfer())));
    if (readOuts) {
      row.add(finalAccuracy(result, ReadOuts.SOFTMAX));
      row.add(finalAccuracy(result, ReadOuts.NEAREST_MEAN));
    }
    row.add(Numbers.duration(result.steps().stream().mapToDouble(StepResult::seconds).sum()));
    return row;
  }

  private static String finalAccuracy(IncrementalResult result, ReadOut readOut) {
    return last(result).evaluations().stream()
        .filter(evaluation -> evaluation.readOut().equals(readOut.key()))
        .findFirst()
        .map(evaluation -> Numbers.percent(evaluation.accuracy()))
        .orElse("-");
  }

  /** A difference of accuracies in percentage points. */
  private static String points(double difference) {
    return Double.isNaN(difference) ? "-" : String.format(Locale.ROOT, "%.2f", 100 * difference);
  }

  private static Map<String, String> notes(Map<String, IncrementalResult> results) {
    Map<String, String> notes = new LinkedHashMap<>();
    notes.put(
        "Letters",
        "B: number of steps. a_b: accuracy after step b over the test samples of all classes seen by"
            + " then. A_bt: the same over the samples of the classes of step t only.");
    notes.put("Final accuracy", "a_B");
    notes.put("Average incremental accuracy", "1/B · (a_1 + a_2 + ... + a_B)");
    notes.put(
        "Old and new classes",
        "After the last step: accuracy over the samples of the classes of steps 1 to B-1, and over"
            + " those of step B.");
    notes.put(
        "Forgetting",
        "1/(B-1) · sum over t < B of (max over t <= b < B of A_bt, minus A_Bt). 0 is best; less"
            + " than 0 if the last model is the best.");
    notes.put(
        "Backward transfer",
        "1/(B-1) · sum over t < B of (A_Bt - A_tt). Above 0 if later steps helped earlier"
            + " classes, below if they harmed them.");
    results.forEach(
        (name, result) -> strategy(result).ifPresent(s -> notes.putIfAbsent(name, meaning(s))));
    return notes;
  }

  private static String meaning(Strategy strategy) {
    return strategy.summary()
        + (strategy.readOut() == ReadOuts.NEAREST_MEAN ? "" : "; answers by the largest logit");
  }

  /** The strategy's row of the table; empty for one that was composed. */
  static Optional<Strategy> strategy(IncrementalResult result) {
    return Strategies.all().stream()
        .filter(strategy -> strategy.name().equals(result.strategy()))
        .findFirst();
  }

  static StepResult last(IncrementalResult result) {
    return result.steps().get(result.steps().size() - 1);
  }
}
