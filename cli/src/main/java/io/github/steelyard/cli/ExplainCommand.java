package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.ModularityConfiguration;
import io.github.steelyard.interaction.Sections;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "explain",
    description = {
      "Look into a trained network: its interaction basis, what can be removed, its modules and how"
          + " many of its parameters are free.",
      "Writes an HTML report with an interactive graph. The stages of the analysis are kept in the"
          + " run's folder, so that an interrupted one goes on where it was."
    },
    footer = {"", "Example:", "  steelyard explain runs/mlp-interaction --samples 1000"})
final class ExplainCommand implements Callable<Integer> {
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
      description = "Test samples to compute it from; ${DEFAULT-VALUE} if not given.")
  private int samples;

  @Option(
      names = "--basis",
      defaultValue = "local",
      description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} if not given.")
  private BasisKind basis;

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

  @Option(names = "--last", description = "Explain the last weights, not the best ones.")
  private boolean last;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Where to write the report; explain.html in the run's folder if not given.")
  private Path html;

  @Override
  public Integer call() throws IOException {
    RunModel.requireRun(path);
    if (samples < 2) {
      throw new UsageException("--samples must be at least 2, but is " + samples);
    }
    try (RunDirectory run = RunDirectory.open(path)) {
      explain(run);
    }
    return 0;
  }

  private void explain(RunDirectory run) throws IOException {
    Recipe whole = Recipe.read(run.recipe(), false, place.settings());
    int available = new RecipeData(whole.data(), whole.seed()).test().dataset().size();
    Recipe recipe = withSamples(run, Math.min(samples, available));
    Device where = UsageException.unless(() -> Device.of(recipe.device()));
    DataLoader test = new RecipeData(recipe.data(), recipe.seed()).test();
    Path checkpoint = RunModel.checkpoint(run, whole, last);
    Module model =
        RunModel.load(recipe.withModel(RecipeModel.fitted(recipe.model(), test)), checkpoint);
    model.to(where);
    Tensor sample = sample(test);
    List<String> cuts = layers.isEmpty() ? Explanation.usualLayers(model) : layers;
    InteractionConfiguration configuration =
        UsageException.unless(() -> Explanation.configuration(basis, threshold));
    ModularityConfiguration modularity =
        UsageException.unless(() -> ModularityConfiguration.standard().withResolution(resolution));
    Explanation explanation;
    try (Sections sections = UsageException.unless(() -> Sections.open(model, cuts, sample))) {
      explanation =
          Explanation.of(
              sections, test, configuration, modularity, stages(run, cuts, test), output);
    }
    explanation = explanation.withDegeneracy(model, test);
    Path report = html == null ? run.path().resolve("explain.html") : html;
    new ExplainReport(explanation, test.dataset(), recipe, RunModel.provenance(checkpoint))
        .report(output.arguments())
        .write(report);
    print(explanation, report);
  }

  /** Analyses with other settings have other folders. */
  private Path stages(RunDirectory run, List<String> cuts, DataLoader test) {
    String name =
        "%s-%d-%s-%08x"
            .formatted(
                basis.name().toLowerCase(Locale.ROOT),
                test.dataset().size(),
                threshold,
                cuts.hashCode());
    return run.path().resolve("explain").resolve(name);
  }

  private Recipe withSamples(RunDirectory run, int count) throws IOException {
    List<String> settings = new ArrayList<>(place.settings());
    settings.add("data.test_samples=" + count);
    return Recipe.read(run.recipe(), false, settings);
  }

  private static Tensor sample(DataLoader test) {
    try (BatchStream batches = test.epoch(0, 0)) {
      return Scope.compute(
          () -> {
            Batch batch = batches.next();
            return Scope.keep(batch.inputs().narrow(0, 0, Math.min(4, batch.size())).clone());
          });
    }
  }

  private void print(Explanation explanation, Path report) {
    if (output.isJson()) {
      output.printJson(explanation.toJson(report));
      return;
    }
    output.printTable(ExplainReport.COLUMNS, explanation.rows());
    output.out().println(explanation.sentence());
    output.out().println("report: " + report);
  }
}
