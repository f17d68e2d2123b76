package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ExtensionRecipe;
import io.github.steelyard.cli.recipe.IncrementalRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A step that is added to the folder of one strategy. It is planned in the folder's recipe before
 * it is learned, so that it can be continued; a step that fails is taken out of the recipe again.
 *
 * @param folder the strategy's folder
 * @param without its recipe without the step
 * @param step the classes to learn and where they come from
 * @param isBegun whether the step is in the folder's recipe already
 */
public record Extension(Path folder, Recipe without, ExtensionRecipe step, boolean isBegun) {

  /**
   * The extension that was planned and not learned.
   *
   * @param recipe the folder's recipe
   * @throws IOException if the folder's classifier cannot be read
   */
  public static Optional<Extension> pending(Path folder, Recipe recipe) throws IOException {
    List<ExtensionRecipe> planned = extensions(recipe);
    if (planned.isEmpty()) {
      return Optional.empty();
    }
    ExtensionRecipe last = planned.get(planned.size() - 1);
    try (RunDirectory run = RunDirectory.open(folder)) {
      List<String> known = ClassifierFile.classes(IncrementalRun.classifier(run)).classes();
      return known.containsAll(last.classes())
          ? Optional.empty()
          : Optional.of(
              new Extension(
                  folder, with(recipe, planned.subList(0, planned.size() - 1)), last, true));
    }
  }

  private static List<ExtensionRecipe> extensions(Recipe recipe) {
    return recipe.incremental().map(IncrementalRecipe::extensions).orElseThrow();
  }

  private static Recipe with(Recipe recipe, List<ExtensionRecipe> extensions) {
    return recipe.withIncremental(recipe.incremental().orElseThrow().withExtensions(extensions));
  }

  /** The recipe with the step. */
  public Recipe planned() {
    List<ExtensionRecipe> all = new ArrayList<>(extensions(without));
    all.add(step);
    return with(without, all);
  }

  /**
   * Learns the step. If it fails, the folder is as it was.
   *
   * @param study that of {@link #planned()}
   * @throws UsageException if steps before this one are not learned
   */
  public IncrementalResult learn(IncrementalStudy study, IncrementalRun run, PrintWriter err)
      throws IOException {
    int learned = run.learned();
    int before = study.scenario().steps().size() - 1;
    if (learned < before) {
      throw new UsageException(
          "the run in "
              + folder
              + " has learned "
              + learned
              + " of its "
              + before
              + " steps; finish it first with steelyard incremental --resume");
    }
    if (isBegun) {
      return run.learn(err);
    }
    byte[] recipeBefore = Files.readAllBytes(run.folder().recipe());
    try {
      run.discardInterruptedStep();
      AtomicFile.write(run.folder().recipe(), study.recipe().toBytes());
      return run.learn(err);
    } catch (IOException | RuntimeException e) {
      if (run.learned() == learned) {
        AtomicFile.write(run.folder().recipe(), recipeBefore);
        run.discardInterruptedStep();
      }
      throw e;
    }
  }
}
