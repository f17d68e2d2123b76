package io.github.steelyard.cli.section;

import io.github.steelyard.cli.report.InspectionReport;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.io.inspect.Histogram;
import io.github.steelyard.io.inspect.InspectionConfiguration;
import io.github.steelyard.io.inspect.WeightInspection;
import io.github.steelyard.quant.OscillationSample;
import io.github.steelyard.quant.OscillationTracking;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Pictures of what quantized weights did. */
public final class QuantizationPlots {
  private static final int BINS = 120;

  /** Weights that lie so near to a threshold may flip at the next step. */
  private static final double NEAR = 0.05;

  private QuantizationPlots() {}

  /**
   * Two weights inside the network: the first and the last, which are not the edges.
   *
   * @param weights the quantized ones, by their paths
   * @return the plots
   */
  public static List<Plot> levels(Map<String, QuantizedWeight> weights) {
    List<String> names = List.copyOf(weights.keySet());
    List<String> chosen = new ArrayList<>();
    if (names.size() > 2) {
      chosen.add(names.get(1));
    }
    if (names.size() > 3) {
      chosen.add(names.get(names.size() - 2));
    }
    return chosen.stream().map(name -> levels(name, weights.get(name))).toList();
  }

  private static Plot levels(String name, QuantizedWeight weight) {
    Histogram histogram =
        Scope.computeWithoutGradient(
            () ->
                new WeightInspection(new InspectionConfiguration(BINS, 0))
                    .inspect(name, weight.quantizer().position(weight.latent()).cpu())
                    .statistics()
                    .histogram());
    Plot plot =
        InspectionReport.histogram(
            "Positions in " + name, List.of("latent weights"), List.of(histogram));
    return new Plot(
        plot.title(),
        "Latent weights among the integers "
            + weight.quantizer().lowest()
            + " to "
            + weight.quantizer().highest()
            + "; each is rounded to the nearest. Best weights of the run.",
        "position",
        plot.yLabel(),
        plot.kind(),
        false,
        plot.series());
  }

  static Table weightTable(
      Optional<OscillationTracking> tracking, Map<String, QuantizedWeight> weights) {
    Map<String, Double> shares =
        tracking
            .map(OscillationTracking::samples)
            .filter(samples -> !samples.isEmpty())
            .map(samples -> samples.get(samples.size() - 1))
            .map(OscillationSample::shares)
            .orElse(Map.of());
    List<List<String>> rows = new ArrayList<>();
    weights.forEach(
        (name, weight) ->
            Scope.withoutGradient(
                () -> {
                  Tensor distance = weight.quantizer().distanceToThreshold(weight.latent());
                  double near =
                      distance.lt(new Scalar(NEAR)).sum().item_double() / distance.numel();
                  rows.add(
                      List.of(
                          name,
                          String.valueOf(weight.quantizer().bits()),
                          String.valueOf(distance.numel()),
                          Numbers.percent(near),
                          Numbers.percent(shares.getOrDefault(name, Double.NaN))));
                }));
    return new Table(
        List.of("Weight", "Bits", "Values", "Nearer than 0.05 to a threshold", "Oscillating"),
        rows);
  }
}
