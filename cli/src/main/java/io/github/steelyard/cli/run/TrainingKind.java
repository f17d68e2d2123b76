package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection.Place;
import io.github.steelyard.cli.recipe.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Runs that train one network on all its classes, from random weights or from those of another run:
 * plainly, pruned, quantized, or by whatever its sections do.
 */
public final class TrainingKind implements RecipeKind {
  /** Called by {@link java.util.ServiceLoader}. */
  public TrainingKind() {}

  @Override
  public String name() {
    return "training";
  }

  /** None: it is the kind of every file that no other kind claims. */
  @Override
  public boolean claims(ObjectNode root) {
    return false;
  }

  @Override
  public Work prepare(Recipe recipe, Path folder, Session session) throws IOException {
    return new TrainingWork(
        new Training(recipe, start(recipe, folder), folder, session.command()), session);
  }

  /** The copy that the run keeps, or what the recipe names. */
  private static Optional<StartingWeights> start(Recipe recipe, Path folder) throws IOException {
    if (StartingWeights.isKept(folder)) {
      return Optional.of(StartingWeights.kept(folder, recipe));
    }
    if (recipe.from().isPresent()) {
      return Optional.of(StartingWeights.of(Path.of(recipe.from().get()), recipe));
    }
    // A model that is not quantized takes up the recipe's own weights when it is made.
    return recipe.has(Place.QUANTIZE) && recipe.model().weights() != null
        ? Optional.of(StartingWeights.of(Path.of(recipe.model().weights()), recipe))
        : Optional.empty();
  }

  @Override
  public Recipe network(Run run, List<String> settings) throws IOException {
    return (Recipe) run.recipe(settings);
  }

  /** Of a run that prunes while it trains it is the newest, as the best one may be from before. */
  @Override
  public Path weights(Run run, Recipe recipe, boolean newest) throws IOException {
    boolean last = newest || recipe.sections().stream().anyMatch(own -> takesLast(own, recipe));
    return (last ? run.directory().newestCheckpoint() : run.directory().bestCheckpoint())
        .orElseThrow(
            () ->
                new IOException(
                    "the run in "
                        + run.path()
                        + " has no "
                        + (last ? "" : "best ")
                        + "checkpoint yet"
                        + (last ? "" : "; --last takes the newest one")));
  }

  private static <C> boolean takesLast(Section<C> section, Recipe recipe) {
    return section.kind().takesLast(section.configuration(), recipe);
  }
}
