package io.github.steelyard.cli.run;

import io.github.steelyard.cli.recipe.RunRecipe;
import java.io.IOException;
import java.util.Optional;

/** A run that is ready to begin or to go on. */
public interface Work {
  /**
   * What it does.
   *
   * @return the recipe, with everything filled in that the data decides
   */
  RunRecipe recipe();

  /**
   * The recipe that a run which is taken up must have been started with.
   *
   * @param written what it was started with
   * @return {@link #recipe()} if not overridden; parts of it may be what was written, where they
   *     may change
   */
  default RunRecipe continuing(RunRecipe written) {
    return recipe();
  }

  /**
   * Does what is missing, and writes the report and {@code results.json}.
   *
   * @param run the run's folder, locked; closed afterwards
   * @return how it ended
   * @throws IOException if files cannot be read or written
   */
  Ended complete(Run run) throws IOException;

  /**
   * What it would take. May try a few steps, after which the work cannot be done any more.
   *
   * @return empty if that is not known
   * @throws IOException if data cannot be read
   */
  default Optional<Estimate> estimate() throws IOException {
    return Optional.empty();
  }

  /**
   * What a run would take on this machine.
   *
   * @param steps optimizer steps
   * @param secondsPerStep measured
   * @param bytes memory of the process
   */
  record Estimate(long steps, double secondsPerStep, long bytes) {}
}
