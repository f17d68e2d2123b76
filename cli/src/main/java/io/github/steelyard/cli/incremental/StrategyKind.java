package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.run.RecipeKind;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.Work;
import io.github.steelyard.incremental.ClassifierFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs of one strategy that learns classes step by step: the parts of an {@link IncrementalKind},
 * and stages of lives. No file of its own is one.
 */
public final class StrategyKind implements RecipeKind {
  /** Called by {@link java.util.ServiceLoader}. */
  public StrategyKind() {}

  @Override
  public String name() {
    return "strategy";
  }

  @Override
  public boolean claims(ObjectNode root) {
    return false;
  }

  @Override
  public Work prepare(Recipe recipe, Path folder, Session session) throws IOException {
    IncrementalStudy study = new IncrementalStudy(recipe, session.command());
    return new StrategyWork(study, study.strategies().get(0), session);
  }

  /** As if it had learned all its classes at once. */
  @Override
  public Recipe network(Run run, List<String> settings) throws IOException {
    Recipe recipe = (Recipe) run.recipe(settings);
    if (IncrementalStudy.of(recipe).extensions().stream()
        .anyMatch(extension -> extension.dataset() != null)) {
      throw new UsageException(
          "the run in "
              + run.path()
              + " was extended by classes of another data set; of such a run only steelyard evaluate"
              + " measures all classes");
    }
    return recipe.allAtOnce(
        IncrementalRecipe.class,
        ClassifierFile.classes(StrategyWork.classifier(run.directory())).classes());
  }

  /** The classifier after its last step. */
  @Override
  public Path weights(Run run, Recipe recipe, boolean newest) {
    return StrategyWork.classifier(run.directory());
  }
}
