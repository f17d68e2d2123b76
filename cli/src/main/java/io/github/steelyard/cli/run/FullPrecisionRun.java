package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A run that makes something of a model in full precision, and keeps a copy of where it began.
 *
 * @param recipe what to make
 * @param from a trained run or a safetensors file; empty for the recipe's {@code model.weights} or,
 *     of a run that is continued, the copy that it keeps
 * @param runs which folder, and whether it is continued
 * @param output where progress goes
 */
record FullPrecisionRun(Recipe recipe, Optional<Path> from, RunOptions runs, Output output) {

  /**
   * What is done in the run's folder.
   *
   * @param <T> what comes out
   */
  @FunctionalInterface
  interface Work<T> {
    /**
     * Does what is missing.
     *
     * @param training everything that the recipe describes
     * @param run the folder, which is closed afterwards
     * @param start the weights to begin with; empty to train from random ones
     */
    T complete(Training training, RunDirectory run, Optional<FullPrecision> start)
        throws IOException;
  }

  /**
   * Begins the run, or takes it up. A new folder is made after all is found that it needs.
   *
   * @throws IOException if data or files cannot be read or written
   * @throws UsageException if the recipe does not fit the data, the weights or the folder's run
   */
  <T> T complete(Work<T> work) throws IOException {
    if (from.isPresent() && recipe.model().weights() != null) {
      throw new UsageException(
          "--from and the recipe's model.weights both say where the weights are; give one of them");
    }
    Path target = runs.target(recipe.name());
    return runs.isResume() ? resume(target, work) : begin(target, work);
  }

  private <T> T begin(Path target, Work<T> work) throws IOException {
    Optional<FullPrecision> start = source();
    Training training = new Training(recipe, output.arguments(), start);
    try (RunDirectory run = runs.open(target)) {
      runs.keepRecipe(run, training.recipe());
      return work.complete(training, run, start);
    }
  }

  private <T> T resume(Path target, Work<T> work) throws IOException {
    try (RunDirectory run = runs.open(target)) {
      Optional<FullPrecision> start =
          Files.exists(FullPrecision.copy(run))
              ? Optional.of(FullPrecision.ofCopy(run, from.orElse(null), recipe))
              : source();
      Training training = new Training(recipe, output.arguments(), start);
      runs.keepRecipe(run, training.recipe());
      return work.complete(training, run, start);
    }
  }

  /** A model that is not quantized takes up the recipe's own weights when it is made. */
  private Optional<FullPrecision> source() throws IOException {
    if (from.isPresent()) {
      return Optional.of(FullPrecision.of(from.get(), recipe));
    }
    if (recipe.quantization().isEmpty()) {
      return Optional.empty();
    }
    if (recipe.model().weights() == null) {
      throw new UsageException(
          "the full-precision weights are missing: give a run or a safetensors file with --from");
    }
    return Optional.of(FullPrecision.of(Path.of(recipe.model().weights()), recipe));
  }
}
