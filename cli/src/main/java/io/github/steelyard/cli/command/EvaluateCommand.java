package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.OutputFile;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.incremental.ClassEvaluation;
import io.github.steelyard.cli.incremental.IncrementalRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.cli.run.RecipeModel;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures a run, or a file that holds a whole network, on the test data. */
@Command(
    name = "evaluate",
    description = {
      "Measure the best weights of a run, or a packed model, on the run's test data.",
      "Of a class-incremental run, or a classifier that it saved, it measures the classes learned so"
          + " far."
    },
    footer = {"", "Example:", "  steelyard evaluate runs/adamp --json"})
public final class EvaluateCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private PlaceOptions place;

  @Parameters(
      paramLabel = "RUN",
      description =
          "The run's folder, a strategy's folder in it, or a file: a packed model or a classifier.")
  private Path path;

  @Option(names = "--last", description = "Measure the last weights, not the best ones.")
  private boolean last;

  @Option(
      names = "--per-class",
      description = "Also tell recall and precision of each class, and how sure answers are.")
  private boolean perClass;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description =
          "Also write an HTML page: confusion matrix, calibration, and the surest mistakes with"
              + " their pictures.")
  private Path report;

  EvaluateCommand() {}

  @Override
  public Integer call() throws IOException {
    return JoinedRanks.run(
        output,
        () -> {
          evaluate();
          return 0;
        });
  }

  private void evaluate() throws IOException {
    OutputFile.require("--report", report);
    if (Files.isRegularFile(path)) {
      evaluateFile();
      return;
    }
    try (Run run = Run.open(path)) {
      if (run.recipe(place.settings()) instanceof Recipe recipe
          && recipe.section(IncrementalRecipe.class).isPresent()) {
        refuseLast("a class-incremental run keeps one model, that of its last step");
        refuseDetails("the report of a class-incremental run has its confusion matrices");
        new ClassEvaluation(output, place.settings()).ofRun(path, recipe);
        return;
      }
      Recipe recipe = run.kind().network(run, place.settings());
      Path file = run.kind().weights(run, recipe, last);
      measure(file, recipe, loaded -> RunModel.load(loaded, file));
    }
  }

  private void evaluateFile() throws IOException {
    refuseLast("--last chooses a checkpoint of a run, but " + path + " is a file");
    boolean isClassifier = ClassifierFile.isClassifier(path);
    if (!isClassifier && !PackedModel.isPacked(path)) {
      throw new UsageException(
          path
              + " is no packed model of steelyard export and no classifier of a run that learned classes;"
              + " give one of them, or a run's folder");
    }
    Map<String, Object> configuration =
        ModelFile.provenance(path).map(Provenance::configuration).orElse(Map.of());
    if (configuration.isEmpty()) {
      throw new IOException(path + " does not say which recipe made it, so its data are unknown");
    }
    Recipe recipe = Recipe.of(path.toString(), configuration, place.settings());
    if (isClassifier) {
      refuseDetails("the report of the run that saved this classifier has its confusion matrices");
      new ClassEvaluation(output, List.of()).ofFile(path, recipe);
      return;
    }
    measure(path, recipe, ignored -> PackedModel.load(path));
  }

  private void refuseLast(String why) {
    if (last) {
      throw new UsageException(why);
    }
  }

  private void refuseDetails(String why) {
    if (perClass || report != null) {
      throw new UsageException("--per-class and --report belong to one network: " + why);
    }
  }

  /** Makes the model to measure. */
  private interface Loading {
    Module load(Recipe recipe) throws IOException;
  }

  private void measure(Path file, Recipe recipe, Loading loading) throws IOException {
    Device where = UsageException.unless(() -> Device.of(recipe.device()));
    DataLoader test = new RecipeData(recipe).test();
    Module model = loading.load(recipe.withModel(RecipeModel.fitted(recipe.model(), test)));
    RunNetwork.requireSame(model, test);
    model.to(where);
    EvaluationDetails details = new EvaluationDetails(test.dataset());
    List<Metric> metrics = new ArrayList<>(List.of(new Accuracy()));
    if (perClass || report != null) {
      metrics.addAll(details.metrics());
    }
    Map<String, Double> values = new Evaluator(test, metrics).evaluate(model, where);
    print(file, test, values, details);
    if (report != null) {
      page(file, test, values, details).write(report);
      if (!output.isJson()) {
        output.out().println("report: " + report);
      }
    }
  }

  private void print(
      Path file, DataLoader test, Map<String, Double> metrics, EvaluationDetails details) {
    if (output.isJson()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("checkpoint", file.toString());
      values.put("data", test.dataset().name());
      values.put("samples", test.dataset().size());
      values.put("metrics", metrics);
      if (perClass) {
        values.putAll(details.toJson());
      }
      if (report != null) {
        values.put("report", report.toString());
      }
      output.printJson(values);
      return;
    }
    int width = metrics.keySet().stream().mapToInt(String::length).max().orElse(0);
    String line = "%-" + Math.max(width, "checkpoint".length()) + "s  %s%n";
    output.out().printf(line, "checkpoint", file);
    output.out().printf(line, "data", test.dataset().name());
    output.out().printf(line, "samples", test.dataset().size());
    metrics.forEach((name, value) -> output.out().printf(line, name, Numbers.metric(name, value)));
    if (perClass) {
      output.out().println();
      output.printTable(details.perClass());
    }
  }

  private Report page(
      Path file, DataLoader test, Map<String, Double> metrics, EvaluationDetails details)
      throws IOException {
    return ReportPart.ofRows(
            metrics.entrySet().stream()
                .map(
                    metric ->
                        List.of(
                            metric.getKey(), Numbers.metric(metric.getKey(), metric.getValue())))
                .toList())
        .and(details.part())
        .report(
            "Evaluation",
            "%s on the %d samples of %s; below, the mistakes that it was surest of."
                .formatted(file, test.dataset().size(), test.dataset().name()),
            "",
            Provenance.now(0, Map.of(), Map.of(), output.arguments()));
  }
}
