package io.github.steelyard.cli.run;

import io.github.steelyard.cli.command.ExportCommand;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What came out of quantizing a model.
 *
 * @param measuredOn what the metrics are of, {@code test} or {@code validation}
 * @param training how the training ended
 * @param fullPrecision metrics of the model that it started from
 * @param quantized metrics of the trained model, computed with float weights that are rounded
 * @param packed metrics of the packed file, read back; empty if none was written
 * @param exports the files
 */
public record QuantizedResults(
    String measuredOn,
    TrainingResult training,
    Map<String, Double> fullPrecision,
    Map<String, Double> quantized,
    Map<String, Double> packed,
    Map<ExportFormat, ExportedFile> exports) {

  /** Accuracy, loss and bytes of each form of the model. */
  Table table() {
    long floating = exports.values().stream().mapToLong(ExportedFile::floatBytes).max().orElse(0);
    List<List<String>> rows = new ArrayList<>();
    rows.add(row("full precision", fullPrecision, floating));
    rows.add(row("quantized, in training", quantized, floating));
    exports.forEach(
        (format, file) ->
            rows.add(
                format == ExportFormat.PACKED
                    ? row("packed file, read back", packed, file.bytes())
                    : row("ONNX file", Map.of(), file.bytes())));
    String data = measuredOn.equals("test") ? "Test" : "Validation";
    return new Table(List.of("Model", data + " accuracy", data + " loss", "Bytes"), rows);
  }

  private static List<String> row(String name, Map<String, Double> metrics, long bytes) {
    return List.of(
        name,
        Numbers.percent(metrics.getOrDefault("accuracy", Double.NaN)),
        metrics.containsKey("loss") ? Numbers.brief(metrics.get("loss")) : "-",
        bytes == 0 ? "-" : String.format(Locale.ROOT, "%,d", bytes));
  }

  public void print(Output output, RunDirectory run) {
    if (output.isJson()) {
      Map<String, Object> values = RunResults.ended(run, training);
      values.put("full_precision", fullPrecision);
      values.put("quantized", quantized);
      values.put("packed_file", packed);
      values.put("exports", exports.values().stream().map(ExportedFile::toJson).toList());
      values.put("report", run.report().toString());
      output.printJson(values);
      return;
    }
    List<String> columns = new ArrayList<>();
    table().columns().forEach(name -> columns.add(columns.isEmpty() ? name : ">" + name));
    output.printTable(columns, table().rows());
    for (ExportedFile file : exports.values()) {
      output.out().println();
      ExportCommand.print(output, file);
    }
    output.out().println();
    output
        .out()
        .printf(
            "trained for %d steps in %s (%s)%n",
            training.steps(), Numbers.duration(training.seconds()), training.reason());
    output.out().println("run: " + run.path());
    output.out().println("report: " + run.report());
  }
}
