package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that say which folder a run has, and what becomes of a run that is there. */
public final class RunOptions {
  /** More differences say no more than that it is another recipe. */
  private static final int MOST_TOLD = 5;

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "The run's folder; runs/NAME of the recipe if not given.")
  private Path folder;

  @Option(names = "--resume", description = "Continue the run that the folder holds.")
  private boolean resume;

  @Option(names = "--replace", description = "Remove the run that the folder holds, start anew.")
  private boolean replace;

  RunOptions() {}

  /**
   * The options as if they were given.
   *
   * @param resume whether to continue the run that the folder holds; else it is started anew
   */
  public static RunOptions of(Path folder, boolean resume) {
    RunOptions options = new RunOptions();
    options.folder = folder;
    options.resume = resume;
    options.replace = !resume;
    return options;
  }

  public boolean isResume() {
    return resume;
  }

  /**
   * The folder. Called before data is read: a person should not wait for a message.
   *
   * @param name what the recipe calls the run
   * @throws UsageException if the options do not fit what is there
   */
  public Path target(String name) {
    if (resume && replace) {
      throw new UsageException("--resume and --replace exclude each other");
    }
    Path target = folder == null ? Path.of("runs", name) : folder;
    boolean there = RunModel.isRun(target);
    if (resume && !there) {
      throw new UsageException("there is no run in " + target + " to resume");
    }
    if (there && !resume && !replace) {
      throw new UsageException(
          target
              + " holds a run already; continue it with --resume, start it anew with --replace, or"
              + " choose another folder with --run");
    }
    return target;
  }

  public RunDirectory open(Path target) throws IOException {
    if (resume) {
      return RunDirectory.resume(target);
    }
    return replace ? RunDirectory.replace(target) : RunDirectory.create(target);
  }

  /**
   * Writes the recipe to a new folder; a run that is resumed must have been started with the same.
   *
   * @throws UsageException if the run was started with another one
   */
  public void keepRecipe(RunDirectory run, RunRecipe recipe) throws IOException {
    if (resume) {
      requireSame(
          recipe,
          run.recipe(),
          run.path(),
          "resume it with " + run.recipe() + ", or choose another folder with --run");
    } else {
      AtomicFile.write(run.recipe(), recipe.toBytes());
    }
  }

  /**
   * Refuses to continue a run with another recipe.
   *
   * @param written the recipe that the run was started with
   * @param run the run's folder
   * @param remedy what the person can do
   * @throws UsageException if the recipes differ
   */
  public static void requireSame(RunRecipe recipe, Path written, Path run, String remedy)
      throws IOException {
    List<String> differences = recipe.differencesOf(written);
    if (!differences.isEmpty()) {
      throw new UsageException(
          "the run in "
              + run
              + " was started with another recipe: "
              + String.join(", ", differences.subList(0, Math.min(MOST_TOLD, differences.size())))
              + (differences.size() > MOST_TOLD
                  ? ", and " + (differences.size() - MOST_TOLD) + " more"
                  : "")
              + "; "
              + remedy);
    }
  }

  /** Says after which step a training was stopped, and how it goes on; the command's exit code. */
  public static int stopped(
      Output output, TrainingResult result, String command, RunDirectory run) {
    output
        .err()
        .println(
            "stopped after step "
                + result.steps()
                + "; continue with: "
                + continuation(command, run));
    return 1;
  }

  /** What to type to continue an interrupted run. */
  public static String continuation(String command, RunDirectory run) {
    return "steelyard " + command + " " + run.recipe() + " --run " + run.path() + " --resume";
  }
}
