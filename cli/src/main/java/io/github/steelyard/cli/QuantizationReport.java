package io.github.steelyard.cli;

import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The report of a run that quantized a model. */
final class QuantizationReport {
  private QuantizationReport() {}

  static Report of(Training training, RunHistory history, QuantizedResults results) {
    List<Plot> plots = new ArrayList<>(RunReport.plots(training, history));
    return new Report(
        training.recipe().name(),
        training.recipe().description(),
        results.table(),
        plots,
        Map.of(),
        training.recipe().toYaml(),
        training.provenance());
  }
}
