package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = {
      "Train a residual network on real images with AdamW, AdamP, SGD and SGDP, and compare.",
      "Same seed, same data order, same settings within each pair; recipes/demo.yaml says where"
          + " each setting comes from. Needs no download."
    },
    footer = {"", "Example:", "  steelyard demo --quick"})
final class DemoCommand implements Callable<Integer> {
  private static final String RECIPE = "recipes/demo.yaml";

  @Mixin private Output output;
  @Mixin private RecipeOptions options;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "runs/demo",
      description = "Where the runs and the report go; ${DEFAULT-VALUE} if not given.")
  private Path folder;

  private final AtomicReference<Trainer> current = new AtomicReference<>();
  private volatile boolean stopped;

  @Override
  public Integer call() throws IOException {
    List<Recipe> recipes = options.parseComparison(RECIPE, content());
    Files.createDirectories(folder);
    List<DemoRun> runs = new ArrayList<>();
    try (DemoProgress progress = new DemoProgress(output.err(), recipes.size());
        Interruption interruption = new Interruption(output.err(), this::stop)) {
      for (Recipe recipe : recipes) {
        if (!stopped) {
          runs.add(train(recipe, progress));
        }
      }
    }
    if (stopped) {
      output.err().println("stopped; the finished runs are in " + folder);
      return 1;
    }
    Path report = folder.resolve("report.html");
    DemoReport.of(runs, options.isQuick()).write(report);
    AtomicFile.write(
        folder.resolve("results.json"),
        Output.JSON.writeValueAsBytes(DemoReport.toJson(runs, report)));
    if (output.isJson()) {
      output.printJson(DemoReport.toJson(runs, report));
    } else {
      output.printTable(DemoReport.COLUMNS, runs.stream().map(DemoReport::row).toList());
      output.out().println("report: " + report);
    }
    return 0;
  }

  private void stop() {
    stopped = true;
    Trainer trainer = current.get();
    if (trainer != null) {
      trainer.requestStop();
    }
  }

  private DemoRun train(Recipe recipe, DemoProgress progress) throws IOException {
    Training training = new Training(recipe, output.arguments());
    try (RunDirectory run = RunDirectory.replace(folder.resolve(recipe.name()))) {
      AtomicFile.write(run.recipe(), training.recipe().toBytes());
      training
          .trainer()
          .runDirectory(run)
          .callback("progress", progress.next(recipe.name(), training.totalSteps()));
      current.set(training.trainer());
      if (stopped) {
        training.trainer().requestStop();
      }
      TrainingResult result = training.trainer().run();
      RunHistory history = RunHistory.read(run.metrics());
      RunReport.of(training, history, result).write(run.report());
      return DemoRun.of(training, history, result);
    }
  }

  private static byte[] content() throws IOException {
    try (InputStream in = DemoCommand.class.getResourceAsStream("/" + RECIPE)) {
      if (in == null) {
        throw new IOException(RECIPE + " is missing from steelyard-cli's jar");
      }
      return in.readAllBytes();
    }
  }
}
