package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.io.AtomicFile;
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
record PruneRun(
    Recipe recipe,
    Optional<Path> from,
    Optional<Protocol> attack,
    int samples,
    RunOptions runs,
    Output output) {

  /** What came out, without results if the training was interrupted; the folder is closed. */
  record Pruned(RunDirectory run, TrainingResult training, Optional<PrunedResults> results) {}

  /**
   * Does what is missing.
   *
   * @throws IOException if data or files cannot be read or written
   * @throws UsageException if the recipe does not fit the data, the weights or the folder's run
   */
  Pruned complete() throws IOException {
    if (from.isPresent() && recipe.model().weights() != null) {
      throw new UsageException(
          "--from and the recipe's model.weights both say where the weights are; give one of them");
    }
    Path target = runs.target(recipe.name());
    return runs.isResume() ? resume(target) : begin(target);
  }

  private Pruned begin(Path target) throws IOException {
    Optional<FullPrecision> start = source();
    Training training = new Training(recipe, output.arguments(), start);
    try (RunDirectory run = runs.open(target)) {
      AtomicFile.write(run.recipe(), training.recipe().toBytes());
      return prune(training, run, start);
    }
  }

  private Pruned resume(Path target) throws IOException {
    try (RunDirectory run = runs.open(target)) {
      Optional<FullPrecision> start =
          Files.exists(FullPrecision.copy(run))
              ? Optional.of(FullPrecision.ofCopy(run, from.orElse(null), recipe))
              : source();
      Training training = new Training(recipe, output.arguments(), start);
      RunOptions.requireSame(run, training.recipe());
      return prune(training, run, start);
    }
  }

  private Optional<FullPrecision> source() throws IOException {
    return from.isEmpty() ? Optional.empty() : Optional.of(FullPrecision.of(from.get(), recipe));
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
