package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns a trained model into one of few bits in a run's folder.
 *
 * @param recipe how, with a section {@code quantization}
 * @param from a trained run or a safetensors file; empty for the recipe's {@code model.weights} or,
 *     of a run that is continued, the copy that it keeps
 * @param formats what to export
 * @param runs which folder, and whether it is continued
 * @param output where progress goes
 */
record QuantizeRun(
    Recipe recipe, Optional<Path> from, Set<ExportFormat> formats, RunOptions runs, Output output) {

  /** What came out, without results if the training was interrupted; the folder is closed. */
  record Quantized(RunDirectory run, TrainingResult training, Optional<QuantizedResults> results) {}

  /**
   * Does what is missing.
   *
   * @throws IOException if data or files cannot be read or written
   * @throws UsageException if the recipe does not fit the data, the weights or the folder's run
   */
  Quantized complete() throws IOException {
    if (from.isPresent() && recipe.model().weights() != null) {
      throw new UsageException(
          "--from and the recipe's model.weights both say where the full-precision weights are;"
              + " give one of them");
    }
    Path target = runs.target(recipe.name());
    return runs.isResume() ? resume(target) : begin(target);
  }

  private Quantized begin(Path target) throws IOException {
    FullPrecision weights = source();
    Training training = new Training(recipe, output.arguments(), Optional.of(weights));
    try (RunDirectory run = runs.open(target)) {
      AtomicFile.write(run.recipe(), training.recipe().toBytes());
      return quantize(training, run, weights);
    }
  }

  private Quantized resume(Path target) throws IOException {
    try (RunDirectory run = runs.open(target)) {
      FullPrecision weights =
          Files.exists(FullPrecision.copy(run))
              ? FullPrecision.ofCopy(run, from.orElse(null), recipe)
              : source();
      Training training = new Training(recipe, output.arguments(), Optional.of(weights));
      RunOptions.requireSame(run, training.recipe());
      return quantize(training, run, weights);
    }
  }

  private FullPrecision source() throws IOException {
    String written = recipe.model().weights();
    if (from.isEmpty() && written == null) {
      throw new UsageException(
          "the full-precision weights are missing: give a run or a safetensors file with --from");
    }
    return FullPrecision.of(from.isEmpty() ? Path.of(written) : from.get(), recipe);
  }

  private Quantized quantize(Training training, RunDirectory run, FullPrecision weights)
      throws IOException {
    if (!Files.exists(FullPrecision.copy(run))) {
      output.err().println("measuring the full-precision model");
      var model = training.quantization().orElseThrow().fullPrecision();
      Map<String, Double> metrics =
          new Evaluator(training.testData(), List.of(new Accuracy()))
              .evaluate(model, training.device());
      FullPrecision.writeCopy(run, weights, model, metrics);
    }
    TrainingResult result = new TrainingSession(training, run, output).complete(runs.isResume());
    if (result.outcome() == TrainingResult.Outcome.INTERRUPTED) {
      return new Quantized(run, result, Optional.empty());
    }
    QuantizedResults results =
        new QuantizedModelStages(training, run, output.err()).complete(result, formats);
    QuantizationReport.of(training, RunHistory.read(run.metrics()), results).write(run.report());
    return new Quantized(run, result, Optional.of(results));
  }
}
