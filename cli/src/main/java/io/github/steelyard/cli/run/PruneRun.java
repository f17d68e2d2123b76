package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a model sparse in a run's folder.
 *
 * @param recipe how, with a section {@code pruning}
 * @param from a trained run or a safetensors file; empty to train from random weights first
 * @param attack how the pruned model is attacked; empty for not at all
 * @param samples how many test samples are attacked; 0 for all
 * @param runs which folder, and whether it is continued
 * @param output where progress goes
 */
public record PruneRun(
    Recipe recipe,
    Optional<Path> from,
    Optional<Protocol> attack,
    int samples,
    RunOptions runs,
    Output output) {

  /** What came out, without results if the training was interrupted; the folder is closed. */
  public record Pruned(
      RunDirectory run, TrainingResult training, Optional<PrunedResults> results) {}

  /**
   * Does what is missing.
   *
   * @throws IOException if data or files cannot be read or written
   * @throws UsageException if the recipe does not fit the data, the weights or the folder's run
   */
  public Pruned complete() throws IOException {
    return new FullPrecisionRun(recipe, from, runs, output).complete(this::prune);
  }

  private Pruned prune(Training training, RunDirectory run, Optional<FullPrecision> start)
      throws IOException {
    if (start.isPresent() && !Files.exists(FullPrecision.copy(run))) {
      ModelRecipe own = training.recipe().model();
      Module plain = RecipeModel.create(new ModelRecipe(own.name(), own.options(), null));
      start.get().load(plain);
      FullPrecision.writeCopy(run, start.get(), plain, Map.of());
    }
    training.addPruning(run);
    TrainingResult result = new TrainingSession(training, run, output).complete(runs.isResume());
    if (result.outcome() == TrainingResult.Outcome.INTERRUPTED) {
      return new Pruned(run, result, Optional.empty());
    }
    PrunedResults results =
        new PrunedModelStages(training, run, output.err()).complete(result, attack, samples);
    PruningReport.of(training, run, RunHistory.read(run.metrics()), results).write(run.report());
    return new Pruned(run, result, Optional.of(results));
  }
}
