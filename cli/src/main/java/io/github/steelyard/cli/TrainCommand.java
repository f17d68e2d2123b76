package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "train",
    description = {
      "Train a model as a recipe describes.",
      "Writes checkpoints, metrics.jsonl, TensorBoard events, results.json and report.html to the"
          + " run's folder. Ctrl-C finishes the step, saves and exits; --resume continues bit for"
          + " bit."
    },
    footer = {"", "Example:", "  steelyard train recipes/adamp.yaml --set optimizer.lr=0.002"})
final class TrainCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private RecipeOptions options;

  @Parameters(paramLabel = "RECIPE", description = "The recipe, a YAML file.")
  private Path file;

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "The run's folder; runs/NAME of the recipe if not given.")
  private Path folder;

  @Option(names = "--resume", description = "Continue the run that the folder holds.")
  private boolean resume;

  @Option(names = "--replace", description = "Remove the run that the folder holds, start anew.")
  private boolean replace;

  @Override
  public Integer call() throws IOException {
    if (resume && replace) {
      throw new UsageException("--resume and --replace exclude each other");
    }
    Recipe recipe = options.read(file);
    Path target = folder == null ? Path.of("runs", recipe.name()) : folder;
    requireAllowed(target);
    Training training = new Training(recipe, output.arguments());
    try (RunDirectory run = open(target)) {
      if (resume) {
        requireSame(run, training.recipe());
      } else {
        AtomicFile.write(run.recipe(), training.recipe().toBytes());
      }
      return train(training, run);
    }
  }

  /** Before data is read: a person should not wait for this message. */
  private void requireAllowed(Path target) {
    boolean there = Files.exists(target.resolve("recipe.yaml"));
    if (resume && !there) {
      throw new UsageException("there is no run in " + target + " to resume");
    }
    if (there && !resume && !replace) {
      throw new UsageException(
          target
              + " holds a run already; continue it with --resume, start it anew with --replace, or"
              + " choose another folder with --run");
    }
  }

  private RunDirectory open(Path target) throws IOException {
    if (resume) {
      return RunDirectory.resume(target);
    }
    return replace ? RunDirectory.replace(target) : RunDirectory.create(target);
  }

  private static void requireSame(RunDirectory run, Recipe recipe) throws IOException {
    Recipe before = Recipe.read(run.recipe(), false, List.of());
    List<String> differences = before.differences(recipe);
    if (!differences.isEmpty()) {
      throw new UsageException(
          "the run in "
              + run.path()
              + " was started with another recipe: "
              + String.join(", ", differences)
              + "; resume it with "
              + run.recipe()
              + ", or choose another folder with --run");
    }
  }

  private int train(Training training, RunDirectory run) throws IOException {
    training.trainer().runDirectory(run);
    TrainingResult result;
    try (Progress progress = Progress.start(output.err(), training.totalSteps());
        Interruption interruption =
            new Interruption(output.err(), training.trainer()::requestStop)) {
      progress.task(training.recipe().name());
      training.trainer().callback("progress", new TrainingProgress(progress, 0));
      if (resume) {
        Optional<Long> step = training.trainer().resume();
        output.err().println(step.map(s -> "resuming after step " + s).orElse("starting anew"));
      }
      result = training.trainer().run();
    }
    RunReport.of(training, RunHistory.read(run.metrics()), result).write(run.report());
    report(run, result);
    if (result.outcome() == TrainingResult.Outcome.INTERRUPTED) {
      output
          .err()
          .println(
              "stopped after step "
                  + result.steps()
                  + "; continue with: steelyard train "
                  + run.recipe()
                  + " --run "
                  + run.path()
                  + " --resume");
      return 1;
    }
    return 0;
  }

  private void report(RunDirectory run, TrainingResult result) {
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
    result
        .metrics()
        .forEach((name, value) -> rows.add(List.of("test " + name, Numbers.brief(value))));
    result
        .best()
        .ifPresent(
            best ->
                rows.add(
                    List.of(
                        "best " + best.metric(),
                        Numbers.brief(best.value()) + " after epoch " + (best.epoch() + 1))));
    rows.add(List.of("time", Numbers.duration(result.seconds())));
    rows.add(List.of("run", run.path().toString()));
    rows.add(List.of("report", run.report().toString()));
    rows.forEach(row -> output.out().printf("%-14s  %s%n", row.get(0), row.get(1)));
  }
}
