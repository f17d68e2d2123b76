package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.Variant;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.RunKinds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The recipes of a study: one for each run, and that of the model that all runs start from. */
public final class StudyRecipes {
  /** As long as a recipe's name may be. */
  private static final int LONGEST_NAME = 100;

  private final YamlDocument base;
  private final boolean quick;
  private final StudyAxes axes;
  private final Optional<Path> start;

  private StudyRecipes(YamlDocument base, boolean quick, StudyAxes axes, Optional<Path> start) {
    this.base = base;
    this.quick = quick;
    this.axes = axes;
    this.start = start;
  }

  /** Reads the keys {@code recipe} and {@code start} of a study, and the files that they name. */
  static StudyRecipes read(Mapping root, Path study, boolean quick, StudyAxes axes)
      throws IOException {
    Path recipe = study.resolveSibling(root.requiredText("recipe", "demo.yaml"));
    YamlDocument base = beside(root, "recipe", recipe, () -> YamlDocument.read(recipe));
    if (!root.has("start")) {
      return new StudyRecipes(base, quick, axes, Optional.empty());
    }
    Path start = study.resolveSibling(root.text("start", null));
    beside(root, "start", start, () -> Recipe.read(start, quick, List.of()));
    return new StudyRecipes(base, quick, axes, Optional.of(start));
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T> T beside(Mapping root, String key, Path recipe, Reading<T> reading) {
    try {
      return reading.read();
    } catch (IOException e) {
      throw root.error(
          key, "must be a recipe beside the study, but " + recipe + " cannot be read", e);
    }
  }

  /**
   * The recipe of one run.
   *
   * @param setting a combination of the axes' values
   * @param seed the run's seed
   * @param start the folder of the model that it begins with; empty if the study has none
   * @param changes further changes such as {@code device=cuda}, which come last
   * @return the recipe, named after the setting and the seed
   * @throws RecipeException if it is not valid
   */
  public RunRecipe of(
      Map<String, String> setting, long seed, Optional<Path> start, List<String> changes) {
    String run = StudyAxes.label(setting) + "-s" + seed;
    String name = run.substring(0, Math.min(run.length(), LONGEST_NAME));
    List<String> settings = new ArrayList<>(List.of("seed=" + seed, "name='" + name + "'"));
    start.ifPresent(from -> settings.add("from='" + from.toString().replace("'", "''") + "'"));
    settings.addAll(changes);
    try {
      return RunKinds.load()
          .of(changed(setting))
          .read(base, name, quick, axes.changes(setting), settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What an axis adds may make another kind of run of the recipe. */
  private ObjectNode changed(Map<String, String> setting) {
    return Variant.of(base, quick).changed(axes.changes(setting)).root().node();
  }

  /**
   * The recipe of the model that every run starts from, which is trained once.
   *
   * @param changes further changes such as {@code device=cuda}
   * @return the recipe; empty if each run starts from random weights
   * @throws IOException if it cannot be read
   * @throws RecipeException if it is not valid
   */
  Optional<Recipe> start(List<String> changes) throws IOException {
    return haveStart() ? Optional.of(Recipe.read(start.get(), quick, changes)) : Optional.empty();
  }

  /**
   * Whether every run starts from one model that is trained before.
   *
   * @return false if each run starts from random weights
   */
  boolean haveStart() {
    return start.isPresent();
  }
}
