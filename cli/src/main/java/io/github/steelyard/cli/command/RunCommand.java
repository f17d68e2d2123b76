package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.Engine;
import io.github.steelyard.cli.run.RunPlace;
import io.github.steelyard.cli.study.Study;
import io.github.steelyard.cli.study.StudyRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a recipe of any kind. */
@Command(
    name = "run",
    description = {
      "Do what a recipe says: train, prune, quantize, learn classes, look at a network, a network's"
          + " whole life, a study of many runs.",
      "Writes report.html, results.json, metrics.jsonl, TensorBoard events and checkpoints to the"
          + " run's folder. Ctrl-C finishes the step, saves and exits; --resume continues bit for"
          + " bit and repeats nothing that is done. A study goes on by the same command.",
      "With MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE set, as torchrun and 'steelyard launch'"
          + " do, this is one of several processes that do it together."
    },
    footer = {
      "",
      "Example:",
      "  steelyard run recipes/adamp.yaml --set optimizer.lr=0.002",
      "",
      "'steelyard recipes' lists recipes to begin with."
    })
public final class RunCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private RecipeOptions options;

  @Parameters(paramLabel = "FILE", description = "The recipe, a YAML file.")
  private Path file;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "The run's folder; runs/NAME of the recipe if not given.")
  private Path folder;

  @Option(names = "--resume", description = "Continue the run that the folder holds.")
  private boolean resume;

  @Option(names = "--replace", description = "Remove the run that the folder holds, start anew.")
  private boolean replace;

  @Option(
      names = "--only",
      paramLabel = "AXIS=VALUE",
      description =
          "Of a study, only settings with this value of an axis; may be repeated, also for other"
              + " values of the same axis.")
  private List<String> only = List.of();

  @Option(names = "--show", description = "Of a study, run nothing; show what is finished.")
  private boolean show;

  @Option(
      names = StudyRun.OF_STUDY,
      paramLabel = "FILE",
      hidden = true,
      description = "The study that has this run made, in --folder, where it goes on.")
  private Path study;

  RunCommand() {}

  @Override
  public Integer call() throws IOException {
    return JoinedRanks.run(output, this::runAlone);
  }

  private int runAlone() throws IOException {
    RunRecipe recipe = options.read(file);
    JoinedRanks.requireSame(recipe);
    if (recipe instanceof Study study) {
      recipe = UsageException.unless(() -> study.only(only));
    } else if (!only.isEmpty() || show) {
      throw new UsageException("--only and --show are for studies, but " + file + " is one run");
    }
    if (show) {
      Study study = (Study) recipe;
      return new EndedOutput(output).print(study.shown(target(study.name())), "");
    }
    try (Stop stop = Stop.onSignals(output.err())) {
      Ended ended = run(recipe, output.session(stop));
      return new EndedOutput(output).print(ended, continuation(recipe, ended));
    }
  }

  private Ended run(RunRecipe recipe, Session session) throws IOException {
    Engine engine = new Engine(session);
    return study == null
        ? engine.run(recipe, place())
        : StudyRun.noting(folder, study, () -> engine.run(recipe, RunPlace.continuing(folder)));
  }

  private Path target(String name) {
    return folder == null ? Path.of("runs", name) : folder;
  }

  private String continuation(RunRecipe recipe, Ended ended) {
    return recipe instanceof Study
        ? "the same command"
        : "steelyard run "
            + ended.run().resolve("recipe.yaml")
            + " --folder "
            + ended.run()
            + " --resume";
  }

  private RunPlace place() {
    if (resume && replace) {
      throw new UsageException("--resume and --replace exclude each other");
    }
    RunPlace.Mode mode =
        resume ? RunPlace.Mode.RESUME : replace ? RunPlace.Mode.REPLACE : RunPlace.Mode.NEW;
    return new RunPlace(Optional.ofNullable(folder), mode);
  }
}
