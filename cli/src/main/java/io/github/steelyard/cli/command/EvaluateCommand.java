package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.incremental.ClassEvaluation;
import io.github.steelyard.cli.incremental.IncrementalRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.cli.run.RecipeModel;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Evaluator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  EvaluateCommand() {}

  @Override
  public Integer call() throws IOException {
    evaluate();
    return 0;
  }

  private void evaluate() throws IOException {
    if (Files.isRegularFile(path)) {
      evaluateFile();
      return;
    }
    try (Run run = Run.open(path)) {
      if (run.recipe(place.settings()) instanceof Recipe recipe
          && recipe.section(IncrementalRecipe.class).isPresent()) {
        refuseLast("a class-incremental run keeps one model, that of its last step");
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

  /** Makes the model to measure. */
  private interface Loading {
    Module load(Recipe recipe) throws IOException;
  }

  private void measure(Path file, Recipe recipe, Loading loading) throws IOException {
    Device where = UsageException.unless(() -> Device.of(recipe.device()));
    DataLoader test = new RecipeData(recipe).test();
    Module model = loading.load(recipe.withModel(RecipeModel.fitted(recipe.model(), test)));
    model.to(where);
    report(file, test, new Evaluator(test, List.of(new Accuracy())).evaluate(model, where));
  }

  private void report(Path file, DataLoader test, Map<String, Double> metrics) {
    if (output.isJson()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("checkpoint", file.toString());
      values.put("data", test.dataset().name());
      values.put("samples", test.dataset().size());
      values.put("metrics", metrics);
      output.printJson(values);
      return;
    }
    output.out().printf("%-10s  %s%n", "checkpoint", file);
    output.out().printf("%-10s  %s%n", "data", test.dataset().name());
    output.out().printf("%-10s  %d%n", "samples", test.dataset().size());
    metrics.forEach(
        (name, value) -> output.out().printf("%-10s  %s%n", name, Numbers.metric(name, value)));
  }
}
