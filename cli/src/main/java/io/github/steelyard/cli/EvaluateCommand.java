package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "evaluate",
    description = "Measure the best weights of a training run on its test data.",
    footer = {"", "Example:", "  steelyard evaluate runs/adamp --json"})
final class EvaluateCommand implements Runnable {
  @Mixin private Output output;

  @Parameters(paramLabel = "RUN", description = "The run's folder.")
  private Path folder;

  @Option(names = "--last", description = "Measure the last weights, not the best ones.")
  private boolean last;

  @Option(names = "--data", paramLabel = "DIR", description = "The folder with the data's files.")
  private Path data;

  @Option(names = "--device", description = "Where to compute: cpu, cuda or cuda:N.")
  private String device;

  @Override
  public void run() {
    try {
      evaluate();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void evaluate() throws IOException {
    if (!Files.isRegularFile(folder.resolve("recipe.yaml"))) {
      throw new UsageException("there is no run in " + folder + ": it has no recipe.yaml");
    }
    try (RunDirectory run = RunDirectory.open(folder)) {
      Recipe recipe = Recipe.read(run.recipe(), false, RecipeOptions.settings(data, device));
      Device where = UsageException.unless(() -> Device.of(recipe.device()));
      Path file = checkpoint(run);
      DataLoader test = new RecipeData(recipe.data(), recipe.seed()).test();
      ModelRecipe fitted = RecipeModel.fitted(recipe.model(), test);
      Module model = RecipeModel.create(new ModelRecipe(fitted.name(), fitted.options(), null));
      Scope.run(() -> model.loadStateDict(section(file)));
      model.to(where);
      report(file, test, new Evaluator(test, List.of(new Accuracy())).evaluate(model, where));
    }
  }

  private Path checkpoint(RunDirectory run) throws IOException {
    return (last ? run.newestCheckpoint() : run.bestCheckpoint())
        .orElseThrow(
            () ->
                new IOException(
                    "the run in "
                        + folder
                        + " has no "
                        + (last ? "" : "best ")
                        + "checkpoint yet"
                        + (last ? "" : "; --last takes the newest one")));
  }

  private static Map<String, Tensor> section(Path file) {
    try {
      return Checkpoint.readSection(file, "model").tensors();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
        (name, value) -> output.out().printf("%-10s  %s%n", name, Numbers.brief(value)));
  }
}
