package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What follows the training of a quantized model: measuring it, exporting it, measuring the file.
 * Each stage leaves its result in {@code results.json}; a stage whose result is there is not done
 * again.
 */
final class QuantizedModelStages {
  private static final String KEY = "quantization";

  /** Evaluation of the same numbers in the same order: only a device may round differently. */
  private static final double LOSS_TOLERANCE = 1e-5;

  private final Training training;
  private final RunDirectory run;
  private final PrintWriter err;
  private final Path checkpoint;
  private final StageResults done;

  QuantizedModelStages(Training training, RunDirectory run, PrintWriter err) throws IOException {
    this.training = training;
    this.run = run;
    this.err = err;
    checkpoint = RunModel.checkpoint(run, training.recipe(), false);
    RunModel.loadInto(training.model(), checkpoint);
    done = new StageResults(run, KEY);
  }

  /**
   * Does what is missing.
   *
   * @throws IOException if a file cannot be written or read, or does not compute what the trained
   *     model does
   */
  QuantizedResults complete(TrainingResult result, Set<ExportFormat> formats) throws IOException {
    done.save("full_precision", FullPrecision.metrics(run));
    if (!done.has("quantized")) {
      err.println("measuring the quantized model");
      done.save("quantized", evaluate(training.model()));
    }
    done.save("oscillation", OscillationShares.of(training));
    Map<ExportFormat, ExportedFile> exports = new LinkedHashMap<>();
    for (ExportFormat format : formats) {
      exports.put(format, export(format));
    }
    Map<String, Double> packed = Map.of();
    if (formats.contains(ExportFormat.PACKED)) {
      if (!done.has("packed_file")) {
        err.println("measuring the exported file");
        Map<String, Double> measured = measure(exports.get(ExportFormat.PACKED).file());
        done.save("packed_file", measured);
      }
      packed = metrics("packed_file");
    }
    return new QuantizedResults(
        training.recipe().data().measuredOn(),
        result,
        metrics("full_precision"),
        metrics("quantized"),
        packed,
        exports);
  }

  private ExportedFile export(ExportFormat format) throws IOException {
    Path file = run.exports().resolve(format.fileName());
    JsonNode before = done.get("exports").path(Output.word(format));
    if (before.isObject()
        && Files.isRegularFile(file)
        && Files.size(file) == before.path("bytes").asLong()) {
      return ExportedFile.of(format, file, before);
    }
    err.println("writing " + file);
    Files.createDirectories(run.exports());
    if (format == ExportFormat.PACKED) {
      done.remove("packed_file");
    }
    Module onProcessor = RunModel.load(training.recipe(), checkpoint);
    ExportedFile written =
        ExportedFile.write(
            format, file, onProcessor, training.recipe(), RunModel.provenance(checkpoint));
    ObjectNode exports =
        done.get("exports") instanceof ObjectNode there ? there : Output.JSON.createObjectNode();
    exports.set(Output.word(format), Output.JSON.valueToTree(written.toJson()));
    done.save("exports", exports);
    return written;
  }

  private Map<String, Double> measure(Path file) throws IOException {
    Module reloaded = PackedModel.load(file);
    reloaded.to(training.device());
    Map<String, Double> measured = evaluate(reloaded);
    double expected = metrics("quantized").get("loss");
    double found = measured.get("loss");
    if (!(Math.abs(found - expected) <= LOSS_TOLERANCE * Math.abs(expected))) {
      throw new IOException(
          file
              + " does not compute what the trained model does: its test loss is "
              + found
              + ", not "
              + expected);
    }
    return measured;
  }

  private Map<String, Double> evaluate(Module model) {
    Device device = training.device();
    return new Evaluator(training.testData(), List.of(new Accuracy())).evaluate(model, device);
  }

  private Map<String, Double> metrics(String key) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    done.get(key)
        .properties()
        .forEach(entry -> metrics.put(entry.getKey(), entry.getValue().asDouble()));
    return metrics;
  }
}
