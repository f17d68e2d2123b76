package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.run.RunOptions;
import io.github.steelyard.cli.run.RunReport;
import io.github.steelyard.cli.run.TrainRun;
import io.github.steelyard.cli.run.Training;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "train",
    description = {
      "Train a model as a recipe describes.",
      "Writes report.html, results.json, metrics.jsonl, TensorBoard events and checkpoints to the"
          + " run's folder. Ctrl-C finishes the step, saves and exits; --resume continues bit for"
          + " bit."
    },
    footer = {"", "Example:", "  steelyard train recipes/adamp.yaml --set optimizer.lr=0.002"})
public final class TrainCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private RecipeOptions options;
  @Mixin private RunOptions runs;

  @Parameters(paramLabel = "RECIPE", description = "The recipe, a YAML file.")
  private Path file;

  @Override
  public Integer call() throws IOException {
    Recipe recipe = options.read(file);
    if (recipe.quantization().isPresent()) {
      throw new UsageException(
          file
              + " has a section 'quantization', which needs a trained model: use steelyard quantize "
              + file
              + " --from RUN");
    }
    if (recipe.pruning().isPresent()) {
      throw new UsageException(file + " has a section 'pruning': use steelyard prune " + file);
    }
    if (recipe.incremental().isPresent()) {
      throw new UsageException(
          file + " has a section 'incremental': use steelyard incremental " + file);
    }
    TrainRun.Trained trained = new TrainRun(recipe, runs, output).complete();
    report(trained.training(), trained.run(), trained.result());
    return trained.isInterrupted()
        ? RunOptions.stopped(output, trained.result(), "train", trained.run())
        : 0;
  }

  private void report(Training training, RunDirectory run, TrainingResult result) {
    if (output.isJson()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("run", run.path().toString());
      values.put("outcome", result.outcome().name());
      values.put("steps", result.steps());
      values.put("epochs", result.epochs());
      values.put("loss", result.loss());
      values.put("metrics", result.metrics());
      values.put("best", result.best().orElse(null));
      values.put("seconds", result.seconds());
      values.put("report", run.report().toString());
      output.printJson(values);
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("outcome", result.reason()));
    rows.add(List.of("steps", String.valueOf(result.steps())));
    rows.addAll(RunReport.metrics(training.recipe().data().measuredOn(), result));
    rows.add(List.of("time", Numbers.duration(result.seconds())));
    rows.add(List.of("run", run.path().toString()));
    rows.add(List.of("report", run.report().toString()));
    rows.forEach(row -> output.out().printf("%-19s  %s%n", row.get(0), row.get(1)));
  }
}
