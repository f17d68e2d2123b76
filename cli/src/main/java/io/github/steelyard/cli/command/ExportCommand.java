package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.run.ExportFormat;
import io.github.steelyard.cli.run.ExportedFile;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "export",
    description = {
      "Write the best weights of a run to a file for other programs.",
      "packed: a safetensors file with the integers of a quantized model at their own bit width;"
          + " steelyard evaluate reads it. onnx: a graph for ONNX Runtime and others."
    },
    footer = {"", "Example:", "  steelyard export runs/vit-mini-w2a2-qkr --format packed"})
public final class ExportCommand implements Callable<Integer> {
  @Mixin private Output output;

  @Parameters(paramLabel = "RUN", description = "The run's folder.")
  private Path folder;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "FORMAT",
      description = "packed, onnx or safetensors.")
  private ExportFormat format;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "The file to write; in the run's folder exports if not given.")
  private Path file;

  @Option(names = "--last", description = "Write the last weights, not the best ones.")
  private boolean last;

  @Override
  public Integer call() throws IOException {
    RunModel.requireRun(folder);
    try (RunDirectory run = RunDirectory.open(folder)) {
      Path target = file == null ? run.exports().resolve(format.fileName()) : file;
      if (file == null) {
        Files.createDirectories(run.exports());
      }
      ExportedFile written = write(run, format, target, last);
      if (output.isJson()) {
        output.printJson(written.toJson());
      } else {
        print(output, written);
      }
      return 0;
    }
  }

  /**
   * Writes the model of a run.
   *
   * @param newest whether to write the newest weights, not the best ones
   * @throws IOException if files cannot be read or written
   * @throws UsageException if the format does not suit the model
   */
  public static ExportedFile write(
      RunDirectory run, ExportFormat format, Path target, boolean newest) throws IOException {
    Recipe recipe = RunModel.recipe(run, List.of());
    Path checkpoint = RunModel.checkpoint(run, recipe, newest);
    return ExportedFile.write(
        format,
        target,
        RunModel.load(recipe, checkpoint),
        recipe,
        RunModel.provenance(checkpoint, recipe));
  }

  /** Prints where the bytes went. */
  public static void print(Output output, ExportedFile written) {
    List<List<String>> rows = new ArrayList<>();
    written
        .parts()
        .forEach(
            (part, bytes) -> rows.add(List.of(part, String.format(Locale.ROOT, "%,d", bytes))));
    rows.add(List.of("whole file", String.format(Locale.ROOT, "%,d", written.bytes())));
    rows.add(
        List.of(
            "the same model in float32", String.format(Locale.ROOT, "%,d", written.floatBytes())));
    output.out().println(written.file());
    output.printTable(List.of("holds", ">bytes"), rows);
    output
        .out()
        .printf(
            Locale.ROOT,
            "%s, %.1f times smaller than float32 (%s)%n",
            Numbers.bytes(written.bytes()),
            written.ratio(),
            Numbers.bytes(written.floatBytes()));
    output.out().println("integer arithmetic: " + written.arithmetic());
  }
}
