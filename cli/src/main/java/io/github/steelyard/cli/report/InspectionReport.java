package io.github.steelyard.cli.report;

import io.github.steelyard.io.inspect.FileReport;
import io.github.steelyard.io.inspect.Histogram;
import io.github.steelyard.io.inspect.Spectrum;
import io.github.steelyard.io.inspect.TensorReport;
import io.github.steelyard.io.inspect.TensorStatistics;
import io.github.steelyard.runtime.Provenance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The HTML report of a file of weights: a row for each tensor, plots for the largest ones. */
public final class InspectionReport {
  /** Each tensor has two plots; more of them would be a page that nobody scrolls through. */
  private static final int MOST_PLOTTED = 12;

  private InspectionReport() {}

  /**
   * The report of a file of weights.
   *
   * @param file what was found in it
   * @param command the command line, for the report's end
   * @return the page
   */
  public static Report of(FileReport file, List<String> command) {
    List<TensorReport> largest =
        file.tensors().stream()
            .filter(t -> t.statistics() != null && t.statistics().histogram() != null)
            .sorted(Comparator.comparingLong(TensorReport::elements).reversed())
            .limit(MOST_PLOTTED)
            .toList();
    List<Plot> plots = new ArrayList<>();
    for (TensorReport tensor : largest) {
      plots.add(
          histogram(
              tensor.name(), List.of(tensor.name()), List.of(tensor.statistics().histogram())));
      if (tensor.spectrum() != null) {
        plots.add(spectrum(tensor));
      }
    }
    return new Report(
        file.file(),
        String.format(
            java.util.Locale.ROOT,
            "%,d tensors with %,d values in %,d bytes. %s",
            file.tensors().size(),
            file.elements(),
            file.bytes(),
            largest.size() < file.tensors().size()
                ? "Plots show the " + largest.size() + " largest."
                : ""),
        new Table(
            List.of(
                "Tensor",
                "Type",
                "Shape",
                "Norm",
                "Mean",
                "Standard deviation",
                "Zeros",
                "Largest singular value",
                "Condition number",
                "Effective condition number",
                "Rank"),
            file.tensors().stream().map(InspectionReport::row).toList()),
        plots,
        details(file),
        "",
        Provenance.now(0, Map.of(), Map.of(), command));
  }

  private static Map<String, Table> details(FileReport file) {
    return file.metadata().isEmpty()
        ? Map.of()
        : Map.of(
            "Metadata",
            new Table(
                List.of("Key", "Value"),
                file.metadata().entrySet().stream()
                    .map(entry -> List.of(entry.getKey(), entry.getValue()))
                    .toList()));
  }

  /**
   * Several histograms over each other; colours pair up as the names do.
   *
   * @param title of the plot
   * @param names of the curves
   * @param histograms one for each name
   * @return the plot
   */
  public static Plot histogram(String title, List<String> names, List<Histogram> histograms) {
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < histograms.size(); i++) {
      Histogram histogram = histograms.get(i);
      List<Series.Point> points = new ArrayList<>();
      for (int bin = 0; bin < histogram.counts().size(); bin++) {
        double middle = (histogram.edges().get(bin) + histogram.edges().get(bin + 1)) / 2;
        points.add(new Series.Point(middle, histogram.counts().get(bin)));
      }
      boolean paired = names.size() > 1;
      series.add(new Series(names.get(i), paired ? i / 2 : i, paired && i % 2 == 0, points));
    }
    return new Plot(title, "", "value", "values in a bin", Plot.Kind.HISTOGRAM, false, series);
  }

  private static Plot spectrum(TensorReport tensor) {
    List<Double> values = tensor.spectrum().singularValues();
    List<Series.Point> points = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      points.add(new Series.Point(i + 1, values.get(i)));
    }
    return new Plot(
        tensor.name(),
        "",
        "index",
        "singular value",
        Plot.Kind.LINE,
        false,
        List.of(new Series(tensor.name(), 2, false, points)));
  }

  /**
   * One line of the table, which the HTML report shows too.
   *
   * @param tensor what was found
   * @return one cell for each column
   */
  public static List<String> row(TensorReport tensor) {
    List<String> cells = new ArrayList<>();
    cells.add(tensor.name());
    cells.add(tensor.dtype());
    cells.add(tensor.shape().toString());
    TensorStatistics statistics = tensor.statistics();
    if (statistics == null) {
      cells.addAll(List.of("-", "-", "-", "-"));
    } else {
      cells.add(number(statistics.norm()));
      cells.add(number(statistics.mean()));
      cells.add(number(statistics.std()));
      cells.add(statistics.sparsity() == null ? "-" : Numbers.percent(statistics.sparsity()));
    }
    Spectrum spectrum = tensor.spectrum();
    if (spectrum == null) {
      cells.addAll(List.of("-", "-", "-", "-"));
    } else {
      cells.add(Numbers.brief(spectrum.spectralNorm()));
      cells.add(
          spectrum.conditionNumber() == null
              ? "infinite"
              : Numbers.brief(spectrum.conditionNumber()));
      cells.add(number(spectrum.effectiveConditionNumber()));
      cells.add(spectrum.rank() + " of " + spectrum.singularValues().size());
    }
    return cells;
  }

  private static String number(Double value) {
    return value == null ? "-" : Numbers.brief(value);
  }
}
