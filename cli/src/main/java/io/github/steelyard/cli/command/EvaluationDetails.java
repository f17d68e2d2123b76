package io.github.steelyard.cli.command;

import io.github.steelyard.cli.report.BarChart;
import io.github.steelyard.cli.report.HeatMap;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.train.Calibration;
import io.github.steelyard.train.ConfusionMatrix;
import io.github.steelyard.train.Metric;
import io.github.steelyard.train.Mistakes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** What an evaluation tells class by class: recalls, confusions, calibration, sure mistakes. */
final class EvaluationDetails {
  /** A matrix of more has cells too small to see; the table and JSON have all classes. */
  private static final int MOST_CELLS_A_SIDE = 40;

  private static final int MOST_MISTAKES = 24;

  private final ConfusionMatrix confusion = new ConfusionMatrix();
  private final Calibration calibration = new Calibration();
  private final Mistakes mistakes = new Mistakes(MOST_MISTAKES);
  private final Dataset data;

  EvaluationDetails(Dataset data) {
    this.data = data;
  }

  /** What must be measured for it. */
  List<Metric> metrics() {
    return List.of(confusion, calibration, mistakes);
  }

  private List<String> names() {
    return data.classNames();
  }

  private String name(int index) {
    return index < names().size() ? names().get(index) : "output " + index;
  }

  private long samples(int target) {
    return IntStream.range(0, confusion.classes()).mapToLong(d -> confusion.count(target, d)).sum();
  }

  /** The class that a class is mistaken for most often; empty if it never is. */
  private Optional<Integer> mostTakenFor(int target) {
    return IntStream.range(0, confusion.classes())
        .filter(answer -> answer != target && confusion.count(target, answer) > 0)
        .boxed()
        .max(Comparator.comparingLong(answer -> confusion.count(target, answer)));
  }

  /** A row a class. */
  Table perClass() {
    List<List<String>> rows = new ArrayList<>();
    for (int c = 0; c < confusion.classes(); c++) {
      int target = c;
      rows.add(
          List.of(
              name(c),
              String.valueOf(samples(c)),
              fraction(confusion.recall(c)),
              fraction(confusion.precision(c)),
              mostTakenFor(c)
                  .map(answer -> name(answer) + " (" + confusion.count(target, answer) + ")")
                  .orElse("-")));
    }
    return new Table(
        List.of("Class", "Samples", "Recall", "Precision", "Most often taken for"),
        rows,
        Map.of(
            "Recall", "of the samples of this class, the share that is answered with it",
            "Precision", "of the answers with this class, the share that is right"));
  }

  private static String fraction(double value) {
    return Double.isNaN(value) ? "-" : Numbers.percent(value);
  }

  Map<String, Object> toJson() {
    Map<String, Object> values = new LinkedHashMap<>();
    List<Map<String, Object>> classes = new ArrayList<>();
    List<List<Long>> counts = new ArrayList<>();
    for (int c = 0; c < confusion.classes(); c++) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", name(c));
      one.put("samples", samples(c));
      one.put("recall", Numbers.finite(confusion.recall(c)));
      one.put("precision", Numbers.finite(confusion.precision(c)));
      classes.add(one);
      counts.add(row(c));
    }
    values.put("classes", classes);
    values.put("confusion", counts);
    values.put(
        "calibration",
        calibration.bins().stream()
            .map(
                bin -> {
                  Map<String, Object> one = new LinkedHashMap<>();
                  one.put("from", bin.from());
                  one.put("to", bin.to());
                  one.put("samples", bin.samples());
                  one.put("confidence", Numbers.finite(bin.confidence()));
                  one.put("accuracy", Numbers.finite(bin.accuracy()));
                  return one;
                })
            .toList());
    values.put(
        "mistakes",
        mistakes.surest().stream()
            .map(
                mistake -> {
                  Map<String, Object> one = new LinkedHashMap<>();
                  one.put("sample", data.describe(mistake.sample()));
                  one.put("class", name(mistake.target()));
                  one.put("answer", name(mistake.answer()));
                  one.put("probability", mistake.probability());
                  return one;
                })
            .toList());
    return values;
  }

  private List<Long> row(int target) {
    return IntStream.range(0, confusion.classes())
        .mapToObj(answer -> confusion.count(target, answer))
        .toList();
  }

  /** The pictures and tables of the page. */
  ReportPart part() throws IOException {
    return new ReportPart(
        List.of(),
        Map.of("By class", perClass()),
        List.of(matrix(), reliability()),
        Map.of(),
        photos(),
        Optional.empty());
  }

  private HeatMap matrix() {
    List<Integer> shown =
        IntStream.range(0, confusion.classes())
            .boxed()
            .sorted(Comparator.comparingDouble(this::recall))
            .limit(MOST_CELLS_A_SIDE)
            .sorted()
            .toList();
    boolean isPart = shown.size() < confusion.classes();
    return new HeatMap(
        "Confusion matrix",
        "How many samples of each class (row) were answered with each (column); coloured by the share"
            + " of the row."
            + (isPart
                ? " The %d classes of %d with the lowest recall; the table has all."
                    .formatted(shown.size(), confusion.classes())
                : ""),
        "answer",
        "class",
        shown.stream().map(this::name).toList(),
        shown.stream().map(this::name).toList(),
        shown.stream()
            .map(
                target ->
                    shown.stream().map(answer -> (double) confusion.count(target, answer)).toList())
            .toList(),
        HeatMap.Unit.COUNT);
  }

  /** Classes without samples come last. */
  private double recall(int target) {
    double recall = confusion.recall(target);
    return Double.isNaN(recall) ? Double.POSITIVE_INFINITY : recall;
  }

  private BarChart reliability() {
    List<Calibration.Bin> bins = calibration.bins();
    return new BarChart(
        "Calibration",
        "Answers by how sure the network was. Where the outline, the mean confidence, is above the bar,"
            + " the share of right answers, the network is too sure. Expected calibration error: "
            + Numbers.percent(calibration.value()),
        "confidence in %",
        "%",
        bins.stream()
            .map(bin -> String.format(Locale.ROOT, "%.0f-%.0f", 100 * bin.from(), 100 * bin.to()))
            .toList(),
        List.of(
            new BarChart.Bars(
                "right answers", 0, false, bins.stream().map(bin -> 100 * bin.accuracy()).toList()),
            new BarChart.Bars(
                "mean confidence",
                1,
                true,
                bins.stream().map(bin -> 100 * bin.confidence()).toList())));
  }

  private List<Report.Photo> photos() throws IOException {
    List<Report.Photo> photos = new ArrayList<>();
    for (Mistakes.Mistake mistake : mistakes.surest()) {
      photos.add(
          new Report.Photo(
              "%s %s, but it is %s"
                  .formatted(
                      name(mistake.answer()),
                      Numbers.percent(mistake.probability()),
                      name(mistake.target())),
              data.describe(mistake.sample()),
              PredictionReport.thumbnail(data.sample(mistake.sample()).image())));
    }
    return photos;
  }
}
