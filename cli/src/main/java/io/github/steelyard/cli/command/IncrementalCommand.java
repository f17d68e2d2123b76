package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Interruption;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.incremental.IncrementalReport;
import io.github.steelyard.cli.incremental.IncrementalRun;
import io.github.steelyard.cli.incremental.IncrementalStudy;
import io.github.steelyard.cli.incremental.IncrementalSummary;
import io.github.steelyard.cli.incremental.StrategyFolders;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.cli.run.RunOptions;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.incremental.Strategy;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "incremental",
    description = {
      "Learn classes step by step by one or several strategies, and compare them.",
      "Each strategy gets a folder of its own in the run's folder, with its classifier, numbers and"
          + " log. Ctrl-C finishes the optimizer step, saves and exits; --resume continues bit for"
          + " bit, between steps and inside a step."
    },
    footer = {
      "",
      "Example:",
      "  steelyard incremental recipes/incremental-fashion-mnist.yaml --strategy lwf,wa"
    })
public final class IncrementalCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private RecipeOptions options;
  @Mixin private RunOptions runs;

  @Parameters(
      paramLabel = "RECIPE",
      description = "The recipe, a YAML file with a section 'incremental'.")
  private Path file;

  @Option(
      names = "--strategy",
      paramLabel = "NAME",
      split = ",",
      description =
          "Run these strategies instead of the recipe's: finetune, replay, lwf, wa, icarl, bic,"
              + " joint.")
  private List<String> strategies = List.of();

  private final AtomicReference<IncrementalRun> current = new AtomicReference<>();
  private volatile boolean stopped;

  @Override
  public Integer call() throws IOException {
    Recipe recipe = options.read(file, settings());
    if (recipe.incremental().isEmpty()) {
      throw new UsageException(
          file
              + " has no section 'incremental', such as incremental: {strategies: [lwf, wa],"
              + " steps: {first: 2, increment: 2}, memory: {total: 200}}");
    }
    if (recipe.incremental().get().startsTrained()) {
      throw new UsageException(
          file
              + " begins with a network that was trained before, as a stage of a life: continue it"
              + " with steelyard life, or extend it with steelyard extend");
    }
    Path target = runs.target(recipe.name());
    if (StrategyFolders.isOne(target)) {
      throw new UsageException(
          target + " is the folder of one strategy; give the run's folder around it");
    }
    IncrementalStudy study = new IncrementalStudy(recipe, output.arguments());
    try (RunDirectory run = runs.open(target)) {
      if (!runs.isResume()) {
        removeOld(target);
      }
      runs.keepRecipe(run, study.recipe());
      return learn(study, run);
    }
  }

  private List<String> settings() {
    return strategies.isEmpty()
        ? List.of()
        : List.of("incremental.strategies=[" + String.join(", ", strategies) + "]");
  }

  /** With {@code --replace}; without it nothing is there. */
  private static void removeOld(Path target) throws IOException {
    for (Strategy strategy : Strategies.all()) {
      Path folder = target.resolve(strategy.name());
      if (RunModel.isRun(folder)) {
        RunDirectory.replace(folder).close();
      }
    }
  }

  private int learn(IncrementalStudy study, RunDirectory run) throws IOException {
    List<IncrementalResult> results = new ArrayList<>();
    try (Interruption interruption = new Interruption(output.err(), this::stop)) {
      for (String strategy : study.strategies()) {
        if (stopped) {
          break;
        }
        try (IncrementalRun own =
            IncrementalRun.open(study, strategy, run.path().resolve(strategy))) {
          current.set(own);
          if (stopped) {
            own.requestStop();
          }
          results.add(own.learn(output.err()));
        }
      }
    }
    boolean isMeasured = results.stream().anyMatch(result -> !result.steps().isEmpty());
    if (isMeasured) {
      report(study, results).write(run.report());
    }
    Map<String, Object> values = toJson(study, run, results);
    run.writeResults(values);
    if (output.isJson()) {
      output.printJson(values);
    } else {
      IncrementalSummary.print(
          output,
          results.stream().map(IncrementalSummary::new).toList(),
          study.scenario().steps().size());
      output.out().println("run: " + run.path());
      if (isMeasured) {
        output.out().println("report: " + run.report());
      }
    }
    if (!isFinished(study, results)) {
      output
          .err()
          .println("stopped; continue with: " + RunOptions.continuation("incremental", run));
      return 1;
    }
    return 0;
  }

  private static Report report(IncrementalStudy study, List<IncrementalResult> results) {
    return IncrementalReport.of(
        study.recipe().name(),
        results.stream().filter(result -> !result.steps().isEmpty()).toList(),
        study.recipe().toYaml(),
        study.provenance());
  }

  private void stop() {
    stopped = true;
    IncrementalRun own = current.get();
    if (own != null) {
      own.requestStop();
    }
  }

  private static boolean isFinished(IncrementalStudy study, List<IncrementalResult> results) {
    return results.size() == study.strategies().size()
        && results.stream()
            .allMatch(result -> result.steps().size() >= study.scenario().steps().size());
  }

  private static Map<String, Object> toJson(
      IncrementalStudy study, RunDirectory run, List<IncrementalResult> results) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("run", run.path().toString());
    values.put("outcome", isFinished(study, results) ? "COMPLETED" : "INTERRUPTED");
    values.put("classes", study.scenario().classOrder().size());
    values.put("step_sizes", study.scenario().stepSizes());
    values.put("class_order", study.scenario().classOrder());
    Map<String, Object> byStrategy = new LinkedHashMap<>();
    results.forEach(
        result -> byStrategy.put(result.strategy(), new IncrementalSummary(result).toJson()));
    values.put("strategies", byStrategy);
    values.put("seconds", results.stream().mapToDouble(IncrementalSummary::seconds).sum());
    values.put("provenance", Output.JSON.convertValue(study.provenance(), Map.class));
    values.put("report", run.report().toString());
    return values;
  }
}
