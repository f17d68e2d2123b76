package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.runtime.Register;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The kinds of runs.
 *
 * @param all each kind
 */
public record RunKinds(List<RunKind<?>> all) {
  /**
   * Finds all.
   *
   * @return ours and those of jars
   * @throws io.github.steelyard.runtime.RegisterException if one cannot be loaded
   */
  public static RunKinds load() {
    List<RunKind<?>> found = new ArrayList<>();
    Register.providers("run", RunKind.class).forEach(found::add);
    return new RunKinds(List.copyOf(found));
  }

  /**
   * A kind by its name.
   *
   * @throws IllegalArgumentException if there is none
   */
  RunKind<?> named(String name) {
    return all.stream()
        .filter(kind -> kind.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no kind of run '"
                        + name
                        + "', but "
                        + String.join(", ", all.stream().map(RunKind::name).toList())
                        + ". If a jar brings it, the jar is not on the class path: name it in the"
                        + " environment variable STEELYARD_CLASSPATH"));
  }

  /**
   * The kind of a file: the one that claims it, or else a training.
   *
   * @param root the file's keys
   * @return the kind
   */
  public RunKind<?> of(ObjectNode root) {
    return all.stream().filter(kind -> kind.claims(root)).findFirst().orElse(named("training"));
  }

  /**
   * The kind of a recipe.
   *
   * @param <R> the kind's recipe
   * @param recipe of any kind
   * @return the kind
   */
  @SuppressWarnings("unchecked") // The kind's recipe has the class that it says.
  public <R extends RunRecipe> RunKind<R> of(R recipe) {
    return (RunKind<R>)
        all.stream()
            .filter(kind -> kind.recipeType().isInstance(recipe))
            .filter(kind -> kind.recipeType() != Recipe.class || kind.claims(recipe.toTree()))
            .findFirst()
            .orElseGet(() -> named("training"));
  }

  /**
   * Reads a file of any kind.
   *
   * @param file the YAML file
   * @param quick whether to use its quick variant
   * @param settings changes such as {@code optimizer.lr=0.01}
   * @return the recipe
   * @throws IOException if it, or a file that it names, cannot be read
   * @throws io.github.steelyard.cli.recipe.RecipeException if it is not valid
   */
  public RunRecipe read(Path file, boolean quick, List<String> settings) throws IOException {
    return read(YamlDocument.read(file), Recipe.baseName(file), quick, settings);
  }

  /**
   * Reads a file of any kind, with and without its quick variant, so that a mistake in the one that
   * is not used now is found too.
   *
   * @param document the file
   * @param name the name of a recipe that has none
   * @param quick whether to use its quick variant
   * @param settings changes such as {@code optimizer.lr=0.01}
   * @return the recipe
   * @throws IOException if a file that it names cannot be read
   */
  public RunRecipe read(YamlDocument document, String name, boolean quick, List<String> settings)
      throws IOException {
    RunKind<?> kind = of(document.root());
    RunRecipe whole = kind.read(document, name, false, List.of(), settings);
    RunRecipe small = kind.read(document, name, true, List.of(), settings);
    return quick ? small : whole;
  }
}
