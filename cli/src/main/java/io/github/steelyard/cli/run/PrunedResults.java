package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.io.inspect.Spectrum;
import io.github.steelyard.robust.SparsityReport;
import io.github.steelyard.robust.SpectralReport;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What came out of pruning a model.
 *
 * @param training how the training ended
 * @param metrics of the pruned model on the test data
 * @param sparsity how sparse it is
 * @param spectra the spectra of its layers
 * @param robustness under attack, as in {@code results.json}; empty if it was not attacked
 * @param masked the file with masks
 * @param dense the file with the masks multiplied in
 */
public record PrunedResults(
    TrainingResult training,
    Map<String, Double> metrics,
    SparsityReport sparsity,
    SpectralReport spectra,
    Optional<JsonNode> robustness,
    Path masked,
    Path dense) {

  /** The main numbers. */
  Table table() throws IOException {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("sparsity of the layers' weights", Numbers.percent(sparsity.sparsity())));
    metrics.forEach(
        (name, value) -> rows.add(List.of("test " + name, Numbers.metric(name, value))));
    robustness.ifPresent(
        measured -> {
          rows.add(
              List.of("clean accuracy of attacked samples", percent(measured, "clean_accuracy")));
          measured
              .path("accuracies")
              .properties()
              .forEach(
                  entry ->
                      rows.add(
                          List.of(
                              "accuracy under " + entry.getKey(),
                              Numbers.percent(entry.getValue().asDouble()))));
          rows.add(List.of("worst case", percent(measured, "worst_case")));
          rows.add(
              List.of(
                  "protocol",
                  measured.path("description").asText()
                      + "; L-infinity, epsilon "
                      + Numbers.brief(measured.path("epsilon").asDouble())
                      + ", "
                      + measured.path("samples").asLong()
                      + " samples, seed "
                      + measured.path("seed").asLong()));
        });
    rows.add(
        List.of(
            "largest effective condition number", Numbers.brief(spectra.largestConditionNumber())));
    rows.add(
        List.of(
            "product of the layers' Lipschitz bounds",
            String.format(Locale.ROOT, "10^%.2f", spectra.log10LayerProduct())));
    rows.add(List.of("dense file", Numbers.bytes(Files.size(dense))));
    rows.add(List.of("masked file", Numbers.bytes(Files.size(masked))));
    rows.add(
        List.of("if stored as bits and values (computed)", Numbers.bytes(sparsity.sparseBytes())));
    return new Table(List.of("Measure", "Value"), rows);
  }

  private static String percent(JsonNode measured, String key) {
    return Numbers.percent(measured.path(key).asDouble(Double.NaN));
  }

  /** Each layer's sparsity and spectrum. */
  Table layers() {
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < spectra.layers().size(); i++) {
      SpectralReport.Layer layer = spectra.layers().get(i);
      SparsityReport.Layer counted = sparsity.layers().get(i);
      Spectrum spectrum = layer.report().spectrum();
      rows.add(
          List.of(
              layer.path(),
              counted.shape().toString(),
              Numbers.percent(counted.sparsity()),
              spectrum == null ? "-" : Numbers.brief(spectrum.spectralNorm()),
              spectrum == null ? "-" : condition(spectrum.effectiveConditionNumber()),
              spectrum == null ? "-" : condition(spectrum.conditionNumber()),
              spectrum == null
                  ? "-"
                  : spectrum.rank() + " of " + spectrum.singularValues().size()));
    }
    return new Table(
        List.of(
            "Layer",
            "Shape",
            "Zeros",
            "Largest singular value",
            "Effective condition",
            "Condition",
            "Rank"),
        rows);
  }

  private static String condition(Double value) {
    return value == null ? "infinite" : Numbers.brief(value);
  }

  public void print(Output output, RunDirectory run) throws IOException {
    if (output.isJson()) {
      Map<String, Object> values = RunResults.ended(run, training);
      values.put("metrics", metrics);
      values.put("sparsity", sparsity.sparsity());
      values.put("dense_file", dense.toString());
      values.put("dense_bytes", Files.size(dense));
      values.put("masked_file", masked.toString());
      values.put("masked_bytes", Files.size(masked));
      values.put("sparse_bytes", sparsity.sparseBytes());
      values.put("spectra", PrunedModelStages.spectra(spectra));
      values.put("robustness", robustness.orElse(null));
      values.put("report", run.report().toString());
      output.printJson(values);
      return;
    }
    output.printTable(List.of("measure", "value"), table().rows());
    output.out().println();
    List<String> columns = new ArrayList<>();
    layers().columns().forEach(name -> columns.add(columns.size() < 2 ? name : ">" + name));
    output.printTable(columns, layers().rows());
    output.out().println("run: " + run.path());
    output.out().println("report: " + run.report());
  }
}
