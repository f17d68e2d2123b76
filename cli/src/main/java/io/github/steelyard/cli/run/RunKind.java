package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeChange;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A kind of run: how its files are read, what it does, and which network it leaves. Found through
 * {@link java.util.ServiceLoader}, so that the engine and the commands know none by name.
 *
 * @param <R> its recipe
 */
public interface RunKind<R extends RunRecipe> {
  /**
   * What {@code run.json} says.
   *
   * @return a word, such as {@code training}
   */
  String name();

  /**
   * Its recipe's class.
   *
   * @return the class
   */
  Class<R> recipeType();

  /**
   * Whether a file is a recipe of this kind.
   *
   * @param root the file's keys
   * @return true for at most one kind
   */
  boolean claims(ObjectNode root);

  /**
   * Reads a recipe, strictly.
   *
   * @param document the file
   * @param fallback the name of a recipe that has none
   * @param quick whether to use its quick variant
   * @param changes those of a study, applied after the quick variant
   * @param settings changes such as {@code optimizer.lr=0.01}, applied last
   * @return the recipe
   * @throws IOException if a file that it names cannot be read
   * @throws io.github.steelyard.cli.recipe.RecipeException if it is not valid
   */
  R read(
      YamlDocument document,
      String fallback,
      boolean quick,
      List<RecipeChange> changes,
      List<String> settings)
      throws IOException;

  /**
   * Makes everything ready; nothing is written yet.
   *
   * @param recipe what to do
   * @param folder the run's folder, which may hold what was done of it already
   * @param session before whom
   * @return the work
   * @throws IOException if data or weights cannot be read
   * @throws UsageException if the recipe does not fit the data or this machine
   */
  Work prepare(R recipe, Path folder, Session session) throws IOException;

  /**
   * Whether such a run goes on without being told to, as a study of many runs does.
   *
   * @return false if not overridden
   */
  default boolean continuesItself() {
    return false;
  }

  /**
   * The recipe of the network that a run leaves, as if it had been trained in one go.
   *
   * @param run the run
   * @param settings what is changed in it, such as where the data are
   * @return the recipe
   * @throws IOException if it cannot be read
   * @throws UsageException if the run leaves no single network; the message says what to give
   */
  Recipe network(Run run, List<String> settings) throws IOException;

  /**
   * Where the weights of that network are.
   *
   * @param run the run
   * @param recipe that of {@link #network}
   * @param newest whether the newest are wanted, not the best
   * @return a checkpoint
   * @throws IOException if there is none
   */
  Path weights(Run run, Recipe recipe, boolean newest) throws IOException;
}
