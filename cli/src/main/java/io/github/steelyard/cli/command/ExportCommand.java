package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.OutputFile;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.cli.section.Arithmetic;
import io.github.steelyard.cli.section.ExportFormat;
import io.github.steelyard.cli.section.ExportWriting;
import io.github.steelyard.cli.section.ExportedFile;
import io.github.steelyard.io.onnx.OnnxOptions;
import io.github.steelyard.io.onnx.OnnxStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the network of a run to a file. */
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
      names = "--with-preprocessing",
      description =
          "onnx: the graph takes decoded pictures of any size, uint8 [batch, height, width, 3];"
              + " resize, crop and normalization are inside.")
  private boolean withPreprocessing;

  @Option(
      names = "--opset",
      paramLabel = "N",
      description =
          "onnx: version of the operator set, 18 to 25 (default: 21); 20 and less write a GELU in"
              + " parts.")
  private Integer opset;

  @Option(
      names = "--storage",
      paramLabel = "STORAGE",
      description =
          "onnx: how integers of few bits are stored: packed (side by side in bytes; the default),"
              + " native (ONNX's UINT4 from --opset 21 on, UINT2 from 25 on) or int8 (a byte each).")
  private OnnxStorage storage;

  @Option(
      names = "--arithmetic",
      paramLabel = "ARITHMETIC",
      description =
          "onnx: how a quantized network multiplies: integer (the default) or float, which rounds"
              + " activations to their levels and multiplies in float32.")
  private Arithmetic arithmetic;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "The file to write; in the run's folder exports if not given.")
  private Path file;

  @Option(names = "--last", description = "Write the last weights, not the best ones.")
  private boolean last;

  ExportCommand() {}

  @Override
  public Integer call() throws IOException {
    OutputFile.require("--output", file);
    OnnxOptions options = options();
    try (Run run = Run.open(folder)) {
      Path target = file == null ? run.directory().exports().resolve(format.fileName()) : file;
      if (file == null) {
        Files.createDirectories(run.directory().exports());
      }
      RunNetwork network = RunNetwork.open(run, List.of(), last, output.err());
      ExportedFile written =
          ExportWriting.write(format, withPreprocessing, options, target, network);
      if (output.isJson()) {
        output.printJson(written.toJson());
      } else {
        print(output, written);
      }
      return 0;
    }
  }

  private OnnxOptions options() {
    OnnxOptions usual = OnnxOptions.defaults();
    if (format != ExportFormat.ONNX && (opset != null || storage != null || arithmetic != null)) {
      throw new UsageException(
          "--opset, --storage and --arithmetic are for --format onnx; "
              + Output.word(format)
              + " files hold weights and no operators");
    }
    try {
      return new OnnxOptions(
          opset == null ? usual.opset() : opset,
          storage == null ? usual.storage() : storage,
          arithmetic != Arithmetic.FLOAT);
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /** Prints where the bytes went. */
  static void print(Output output, ExportedFile written) {
    output.out().println(written.file());
    output.printTable(written.table());
    output
        .out()
        .printf(
            Locale.ROOT,
            "%s, %.1f times smaller than float32 (%s)%n",
            Numbers.bytes(written.bytes()),
            written.ratio(),
            Numbers.bytes(written.floatBytes()));
  }
}
