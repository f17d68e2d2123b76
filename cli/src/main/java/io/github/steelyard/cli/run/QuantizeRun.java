package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
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
public record QuantizeRun(
    Recipe recipe, Optional<Path> from, Set<ExportFormat> formats, RunOptions runs, Output output) {

  /** What came out, without results if the training was interrupted; the folder is closed. */
  public record Quantized(
      RunDirectory run, TrainingResult training, Optional<QuantizedResults> results) {}

  /**
   * Does what is missing.
   *
   * @throws IOException if data or files cannot be read or written
   * @throws UsageException if the recipe does not fit the data, the weights or the folder's run
   */
  public Quantized complete() throws IOException {
    return new FullPrecisionRun(recipe, from, runs, output).complete(this::quantize);
  }

  private Quantized quantize(Training training, RunDirectory run, Optional<FullPrecision> start)
      throws IOException {
    if (!Files.exists(FullPrecision.copy(run))) {
      output.err().println("measuring the full-precision model");
      var model = training.quantization().orElseThrow().fullPrecision();
      Map<String, Double> metrics =
          new Evaluator(training.testData(), List.of(new Accuracy()))
              .evaluate(model, training.device());
      FullPrecision.writeCopy(run, start.orElseThrow(), model, metrics);
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
