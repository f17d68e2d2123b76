package io.github.steelyard.cli.section;

import io.github.steelyard.cli.report.InspectionReport;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.results.RunHistory;
import io.github.steelyard.cli.run.TrainingPlots;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.io.inspect.Histogram;
import io.github.steelyard.io.inspect.InspectionConfiguration;
import io.github.steelyard.io.inspect.Spectrum;
import io.github.steelyard.io.inspect.TensorReport;
import io.github.steelyard.io.inspect.WeightInspection;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Pictures of what pruning did. */
public final class PruningPlots {
  private static final int MOST_LAYERS = 6;
  private static final InspectionConfiguration CLOSELY =
      new InspectionConfiguration(100, 20_000_000_000L);

  private PruningPlots() {}

  static List<Plot> of(Module model, RunDirectory run, RunHistory history) throws IOException {
    List<Plot> plots = new ArrayList<>();
    plots.add(sparsity(history));
    plots.addAll(beforeAndAfter(model, run, MOST_LAYERS));
    return plots;
  }

  private static Plot sparsity(RunHistory history) {
    List<Series.Point> points =
        TrainingPlots.percent(history.points("pruning", "step", line -> line.get("sparsity")));
    return new Plot(
        "Sparsity",
        "The share of the layers' weights that are zero, at each pruning.",
        "step",
        "%",
        Plot.Kind.LINE,
        false,
        List.of(new Series("all layers", 0, false, points)));
  }

  /**
   * Spectra and distributions of the largest layers, before they were pruned and at the end.
   *
   * @param model the pruned one
   * @param run whose folder has the weights from before
   * @param most how many layers at most
   * @return the plots
   * @throws IOException if the weights cannot be read
   */
  public static List<Plot> beforeAndAfter(Module model, RunDirectory run, int most)
      throws IOException {
    if (!Files.isRegularFile(WeightsBefore.file(run.path()))) {
      return List.of();
    }
    List<Plot> plots = new ArrayList<>();
    Map<String, Parameter> weights = LayerWeights.of(model);
    List<String> largest =
        weights.keySet().stream()
            .sorted(
                Comparator.comparingLong((String path) -> weights.get(path).tensor().numel())
                    .reversed())
            .limit(most)
            .toList();
    try (SafeTensorsFile before = SafeTensors.open(WeightsBefore.file(run.path()))) {
      for (String path : weights.keySet()) {
        if (largest.contains(path)) {
          String name = WeightsBefore.name(path);
          TensorReport was =
              Scope.compute(() -> new WeightInspection(CLOSELY).inspect(name, before.read(name)));
          TensorReport now =
              Scope.computeWithoutGradient(
                  () -> new WeightInspection(CLOSELY).inspect(name, weights.get(path).value()));
          if (was.spectrum() != null && now.spectrum() != null) {
            plots.add(spectra(name, was, now));
          }
          plots.add(distributions(name, was, kept(name, weights.get(path))));
        }
      }
    }
    return plots;
  }

  private static Plot spectra(String name, TensorReport was, TensorReport now) {
    return new Plot(
        "Singular values of " + name,
        "Before the first pruning, and at the end; those that are zero but for rounding are left out.",
        "index",
        "singular value",
        Plot.Kind.LINE,
        true,
        List.of(
            new Series("before", 0, true, points(was.spectrum())),
            new Series("after", 0, false, points(now.spectrum()))));
  }

  /** Without what is zero but for rounding, which would take the height of a logarithmic axis. */
  private static List<Series.Point> points(Spectrum spectrum) {
    List<Series.Point> points = new ArrayList<>();
    for (int i = 0; i < spectrum.rank(); i++) {
      points.add(new Series.Point(i + 1, spectrum.singularValues().get(i)));
    }
    return points;
  }

  /** Beside the zeros nothing else could be seen. */
  private static TensorReport kept(String name, Parameter weight) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor value = weight.value();
          Tensor kept = value.masked_select(value.ne(new Scalar(0.0)));
          return new WeightInspection(CLOSELY).inspect(name, kept);
        });
  }

  private static Plot distributions(String name, TensorReport was, TensorReport kept) {
    List<String> names = new ArrayList<>();
    List<Histogram> histograms = new ArrayList<>();
    if (was.statistics().histogram() != null) {
      names.add("before");
      histograms.add(was.statistics().histogram());
    }
    if (kept.statistics().histogram() != null) {
      names.add("after, without zeros");
      histograms.add(kept.statistics().histogram());
    }
    return InspectionReport.histogram(
        "Weights of " + name + " before pruning and after", names, histograms);
  }
}
