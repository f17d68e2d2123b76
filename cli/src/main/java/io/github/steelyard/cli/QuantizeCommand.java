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
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "quantize",
    description = {
      "Turn a trained model into one of few bits: train it further while it is quantized, write its"
          + " best weights as packed integers and measure the file.",
      "The run's folder gets what steelyard train writes, the full-precision weights and the folder"
          + " exports. Ctrl-C finishes the step, saves and exits; --resume continues bit for bit"
          + " and repeats nothing that is done."
    },
    footer = {
      "",
      "Example:",
      "  steelyard quantize recipes/vit-mini-w2a2-qkr.yaml --from runs/vit-mini"
    })
final class QuantizeCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private RecipeOptions options;
  @Mixin private RunOptions runs;

  @Parameters(
      paramLabel = "RECIPE",
      description = "The recipe, a YAML file with a section 'quantization'.")
  private Path file;

  @Option(
      names = "--from",
      paramLabel = "RUN|FILE",
      description =
          "The full-precision model: a run's folder, whose best weights are taken, or a safetensors"
              + " file such as timm's. The run keeps a copy, so that --resume does not need it.")
  private Path from;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "What to export: packed or onnx; may be repeated. packed if not given.")
  private List<ExportFormat> formats = List.of(ExportFormat.PACKED);

  @Override
  public Integer call() throws IOException {
    Recipe recipe = options.read(file);
    if (recipe.quantization().isEmpty()) {
      throw new UsageException(
          file
              + " has no section 'quantization', such as quantization: {weight_bits: 2,"
              + " activation_bits: 2}");
    }
    if (formats.contains(ExportFormat.SAFETENSORS)) {
      throw new UsageException(
          "--format safetensors holds weights in full precision; choose packed or onnx");
    }
    if (from != null && recipe.model().weights() != null) {
      throw new UsageException(
          "--from and the recipe's model.weights both say where the full-precision weights are;"
              + " give one of them");
    }
    Path target = runs.target(recipe);
    return runs.isResume() ? resume(recipe, target) : begin(recipe, target);
  }

  private int begin(Recipe recipe, Path target) throws IOException {
    FullPrecision weights = source(recipe);
    Training training = new Training(recipe, output.arguments(), Optional.of(weights));
    try (RunDirectory run = runs.open(target)) {
      AtomicFile.write(run.recipe(), training.recipe().toBytes());
      return quantize(training, run, weights);
    }
  }

  private int resume(Recipe recipe, Path target) throws IOException {
    try (RunDirectory run = runs.open(target)) {
      FullPrecision weights =
          Files.exists(FullPrecision.copy(run))
              ? FullPrecision.ofCopy(run, from, recipe)
              : source(recipe);
      Training training = new Training(recipe, output.arguments(), Optional.of(weights));
      RunOptions.requireSame(run, training.recipe());
      return quantize(training, run, weights);
    }
  }

  private FullPrecision source(Recipe recipe) throws IOException {
    String written = recipe.model().weights();
    if (from == null && written == null) {
      throw new UsageException(
          "the full-precision weights are missing: give a run or a safetensors file with --from");
    }
    return FullPrecision.of(from == null ? Path.of(written) : from, recipe);
  }

  private int quantize(Training training, RunDirectory run, FullPrecision weights)
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
      return RunOptions.stopped(output, result, "quantize", run);
    }
    Set<ExportFormat> wanted = EnumSet.copyOf(formats);
    QuantizedResults results =
        new QuantizedModelStages(training, run, output.err()).complete(result, wanted);
    QuantizationReport.of(training, RunHistory.read(run.metrics()), results).write(run.report());
    results.print(output, run);
    return 0;
  }
}
