package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Trains a model in a run's folder.
 *
 * @param recipe what to train
 * @param runs which folder, and whether it is continued
 * @param output where progress goes
 */
public record TrainRun(Recipe recipe, RunOptions runs, Output output) {

  /** What came out; the folder is closed. */
  public record Trained(RunDirectory run, Training training, TrainingResult result) {
    public boolean isInterrupted() {
      return result.outcome() == TrainingResult.Outcome.INTERRUPTED;
    }
  }

  /**
   * Trains until the end or until the person stops it, and writes the report.
   *
   * @throws IOException if data or the folder cannot be read or written
   * @throws UsageException if the recipe does not fit the data, the machine or the folder's run
   */
  public Trained complete() throws IOException {
    Path target = runs.target(recipe.name());
    Training training = new Training(recipe, output.arguments());
    try (RunDirectory run = runs.open(target)) {
      runs.keepRecipe(run, training.recipe());
      TrainingResult result = new TrainingSession(training, run, output).run(runs.isResume());
      if (result.outcome() != TrainingResult.Outcome.INTERRUPTED) {
        RunResults.put(run, "scale_invariant", ScaleInvariantWeights.toJson(training));
      }
      RunReport.of(training, RunHistory.read(run.metrics()), result).write(run.report());
      return new Trained(run, training, result);
    }
  }
}
