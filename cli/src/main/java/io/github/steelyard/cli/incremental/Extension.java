package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.RecipeFile;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
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
   * @param folder the run's folder
   * @param recipe the folder's recipe
   * @return what is left to learn; empty if nothing is
   * @throws IOException if the folder's classifier cannot be read
   */
  public static Optional<Extension> pending(Path folder, Recipe recipe) throws IOException {
    List<ExtensionRecipe> planned = extensions(recipe);
    if (planned.isEmpty()) {
      return Optional.empty();
    }
    ExtensionRecipe last = planned.get(planned.size() - 1);
    try (RunDirectory run = RunDirectory.open(folder)) {
      List<String> known = ClassifierFile.classes(StrategyWork.classifier(run)).classes();
      return known.containsAll(last.classes())
          ? Optional.empty()
          : Optional.of(
              new Extension(
                  folder, with(recipe, planned.subList(0, planned.size() - 1)), last, true));
    }
  }

  private static List<ExtensionRecipe> extensions(Recipe recipe) {
    return IncrementalStudy.of(recipe).extensions();
  }

  private static Recipe with(Recipe recipe, List<ExtensionRecipe> extensions) {
    return recipe.withSection(IncrementalStudy.of(recipe).withExtensions(extensions));
  }

  /**
   * The recipe with the step.
   *
   * @return what the folder's recipe becomes
   */
  public Recipe planned() {
    List<ExtensionRecipe> all = new ArrayList<>(extensions(without));
    all.add(step);
    return with(without, all);
  }

  /**
   * Learns the step. If it fails, the folder is as it was; of many ranks, of which one may have
   * failed alone, the step stays planned, to be continued or dropped.
   *
   * @param session before whom
   * @return how it ended
   * @throws UsageException if steps before this one are not learned
   * @throws IOException if files cannot be read or written
   */
  public Ended learn(Session session) throws IOException {
    IncrementalStudy study = new IncrementalStudy(planned(), session.command());
    StrategyWork work = new StrategyWork(study, study.strategies().get(0), session);
    try (Run run = Run.resume(folder)) {
      work.open(run);
      return work.ended(learn(study, work, run.directory().recipe()));
    }
  }

  private IncrementalResult learn(IncrementalStudy study, StrategyWork work, Path file)
      throws IOException {
    int learned = work.learned();
    int before = study.scenario().steps().size() - 1;
    if (learned < before) {
      throw new UsageException(
          "the run in "
              + folder
              + " has learned "
              + learned
              + " of its "
              + before
              + " steps; finish it first with steelyard run --resume");
    }
    if (isBegun) {
      return work.learn();
    }
    byte[] recipeBefore = Files.readAllBytes(file);
    try {
      work.discardInterruptedStep();
      RecipeFile.write(file, study.recipe());
      return work.learn();
    } catch (IOException | RuntimeException e) {
      if (work.learned() == learned && Distributed.current().size() == 1) {
        AtomicFile.write(file, recipeBefore);
        work.discardInterruptedStep();
      }
      throw e;
    }
  }
}
