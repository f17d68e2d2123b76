package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.OutputFile;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.report.InspectionReport;
import io.github.steelyard.io.inspect.FileReport;
import io.github.steelyard.io.inspect.InspectionConfiguration;
import io.github.steelyard.io.inspect.TensorReport;
import io.github.steelyard.io.inspect.TensorStatistics;
import io.github.steelyard.io.inspect.WeightInspection;
import io.github.steelyard.runtime.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what a file of weights holds. */
@Command(
    name = "inspect",
    description = {
      "Look into a safetensors file.",
      "Per tensor: shape, type, norm, sparsity, range and, for matrices, singular values and"
          + " condition number. A convolution's weight counts as the matrix [outputs, all others]."
    },
    footer = {"", "Example:", "  steelyard inspect model.safetensors --html model.html"})
public final class InspectCommand implements Callable<Integer> {
  @Mixin private Output output;

  @Parameters(paramLabel = "FILE", description = "The safetensors file.")
  private Path file;

  @Option(names = "--html", paramLabel = "FILE", description = "Also write an HTML report.")
  private Path html;

  @Option(
      names = "--bins",
      paramLabel = "N",
      defaultValue = "64",
      description = "Bins of the histograms; ${DEFAULT-VALUE} if not given.")
  private int bins;

  InspectCommand() {}

  @Override
  public Integer call() throws IOException {
    OutputFile.require("--html", html);
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          Files.isDirectory(file)
              ? file + " is a folder; name a safetensors file, such as one of a run's checkpoints"
              : "there is no file " + file);
    }
    InspectionConfiguration configuration =
        UsageException.unless(
            () ->
                new InspectionConfiguration(bins, InspectionConfiguration.DEFAULT.spectrumLimit()));
    FileReport report = new WeightInspection(configuration).inspect(file, tensor -> {});
    if (html != null) {
      InspectionReport.of(report, output.arguments()).write(html);
    }
    if (output.isJson()) {
      output.printJson(report);
    } else {
      print(report);
    }
    return 0;
  }

  private void print(FileReport report) {
    output
        .out()
        .printf(
            "%s: %,d tensors, %,d values, %,d bytes%n",
            report.file(), report.tensors().size(), report.elements(), report.bytes());
    report
        .metadata()
        .forEach((key, value) -> output.out().println(Printable.name(key) + ": " + brief(value)));
    output.printTable(
        List.of(
            "tensor",
            "type",
            "shape",
            ">norm",
            ">mean",
            ">std",
            ">zeros",
            ">largest s.v.",
            ">condition",
            ">effective",
            ">rank"),
        report.tensors().stream().map(InspectionReport::row).toList());
    report
        .log10SpectralNormProduct()
        .ifPresent(
            product ->
                output
                    .out()
                    .printf(
                        Locale.ROOT,
                        "product of the largest singular values: 10^%.2f (bounds the Lipschitz"
                            + " constant of a chain of linear layers)%n",
                        product));
    for (TensorReport tensor : report.tensors()) {
      String name = Printable.name(tensor.name());
      notFinite(tensor.statistics()).ifPresent(text -> output.err().println(name + ": " + text));
      tensor.omitted().forEach(reason -> output.err().println(name + ": " + reason));
    }
    if (html != null) {
      output.out().println("report: " + html);
    }
  }

  private static String brief(String text) {
    String line = text.lines().findFirst().orElse("");
    return line.length() <= 100 ? line : line.substring(0, 100) + "...";
  }

  /** Norm and mean leave such values out, which must not pass unnoticed. */
  private static Optional<String> notFinite(TensorStatistics statistics) {
    if (statistics == null || statistics.nan() + statistics.infinite() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%,d NaN and %,d infinite values, which norm, mean and std leave out",
            statistics.nan(),
            statistics.infinite()));
  }
}
