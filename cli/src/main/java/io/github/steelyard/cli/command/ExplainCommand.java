package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.OutputFile;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.explain.ExplainRecipe;
import io.github.steelyard.cli.explain.ExplainReport;
import io.github.steelyard.cli.explain.ExplainRun;
import io.github.steelyard.cli.explain.ShownExplanation;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.EdgeNorm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks into the network of a run. */
@Command(
    name = "explain",
    description = {
      "Look into a trained network: its interaction basis, what can be removed, its modules and how"
          + " many of its parameters are free.",
      "Writes an HTML report with an interactive graph. The stages of the analysis are kept in the"
          + " run's folder, so that an interrupted one goes on where it was."
    },
    footer = {"", "Example:", "  steelyard explain runs/mlp-interaction --samples 1000"})
public final class ExplainCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private PlaceOptions place;

  @Parameters(paramLabel = "RUN", description = "The run's folder.")
  private Path path;

  @Option(
      names = "--layers",
      split = ",",
      paramLabel = "TAP",
      description =
          "Where to cut the network: taps in its order, the last may be 'output'. If not given, a"
              + " perceptron's hidden layers, a transformer's residual stream after each block.")
  private List<String> layers = List.of();

  @Option(
      names = "--samples",
      defaultValue = "1000",
      description =
          "So many test samples, the same share of each class, or 0 for all; ${DEFAULT-VALUE} if"
              + " not given.")
  private int samples;

  @Option(
      names = "--basis",
      defaultValue = "local",
      description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} if not given.")
  private BasisKind basis;

  @Option(
      names = "--compare",
      split = ",",
      paramLabel = "BASIS",
      description =
          "Further bases to compare with, by ablation curves and by how few edges carry how much of"
              + " the interaction; principal components and neurons are taken along.")
  private List<BasisKind> compared = List.of();

  @Option(
      names = "--loss-increase",
      defaultValue = "0.05",
      description =
          "How much larger the loss may become with the basis vectors that are needed;"
              + " ${DEFAULT-VALUE} if not given.")
  private double lossIncrease;

  @Option(
      names = "--threshold",
      defaultValue = "1e-5",
      description = "Eigenvalues below this are dropped; ${DEFAULT-VALUE} if not given.")
  private double threshold;

  @Option(
      names = "--resolution",
      defaultValue = "1",
      description = "Larger gives more modules; ${DEFAULT-VALUE} if not given.")
  private double resolution;

  @Option(
      names = "--resolutions",
      split = ",",
      paramLabel = "NUMBER",
      description = "Look for modules at these resolutions too, for a table in the report.")
  private List<Double> resolutions = List.of();

  @Option(
      names = "--norm",
      defaultValue = "log",
      description =
          "How interactions become the edges' weights: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE}"
              + " if not given.")
  private EdgeNorm norm;

  @Option(
      names = "--edges",
      description =
          "Also count the edges between layers that are needed, in each basis; takes several times"
              + " longer.")
  private boolean edges;

  @Option(
      names = "--without-output",
      description =
          "Leave the network's output out of the graph: outputs that depend on all parts of a"
              + " network tie its modules together.")
  private boolean withoutOutput;

  @Option(names = "--last", description = "Explain the last weights, not the best ones.")
  private boolean last;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Where to write the report; explain.html in the run's folder if not given.")
  private Path html;

  ExplainCommand() {}

  @Override
  public Integer call() throws IOException {
    OutputFile.require("--html", html);
    return JoinedRanks.run(output, this::explain);
  }

  private int explain() throws IOException {
    ExplainRecipe how =
        UsageException.unless(
            () ->
                new ExplainRecipe(
                    layers,
                    samples,
                    basis,
                    compared,
                    lossIncrease,
                    threshold,
                    resolution,
                    resolutions,
                    norm,
                    edges,
                    !withoutOutput));
    try (Run run = Run.open(path)) {
      RunNetwork network = RunNetwork.open(run, place.settings(), last, output.err());
      ExplainRun.Explained explained =
          new ExplainRun(network, how, path.resolve("explain")).complete();
      Path report = html == null ? path.resolve("explain.html") : html;
      explained.report().report(output.arguments()).write(report);
      print(explained.explanation(), report);
    }
    return 0;
  }

  private void print(ShownExplanation explanation, Path report) {
    if (output.isJson()) {
      output.printJson(explanation.toJson(report));
      return;
    }
    output.printTable(ExplainReport.COLUMNS, explanation.rows());
    explanation.sentences().forEach(output.out()::println);
    explanation
        .needed()
        .forEach(
            (sentence, table) -> {
              output.out().println(sentence + ":");
              print(table);
            });
    output.out().println("report: " + report);
  }

  private void print(Table needed) {
    output.printTable(
        Stream.concat(
                needed.columns().stream().limit(1).map(name -> name.toLowerCase(Locale.ROOT)),
                needed.columns().stream().skip(1).map(name -> ">" + name.toLowerCase(Locale.ROOT)))
            .toList(),
        needed.rows());
  }
}
