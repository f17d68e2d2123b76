package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.run.ExportFormat;
import io.github.steelyard.cli.run.QuantizeRun;
import io.github.steelyard.cli.run.RunOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
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
public final class QuantizeCommand implements Callable<Integer> {
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
    QuantizeRun.Quantized quantized =
        new QuantizeRun(recipe, Optional.ofNullable(from), EnumSet.copyOf(formats), runs, output)
            .complete();
    if (quantized.results().isEmpty()) {
      return RunOptions.stopped(output, quantized.training(), "quantize", quantized.run());
    }
    quantized.results().get().print(output, quantized.run());
    return 0;
  }
}
