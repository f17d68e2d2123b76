package io.github.steelyard.cli.study;

import io.github.steelyard.cli.life.LifeRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.cli.recipe.RecipeReading;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.Section;
import io.github.steelyard.cli.recipe.YamlDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The recipes of a study: one for each run, and that of the model that all runs start from. */
public final class StudyRecipes {
  /** As long as a recipe's name may be. */
  private static final int LONGEST_NAME = 100;

  private final Path file;
  private final YamlDocument base;
  private final boolean quick;
  private final StudyAxes axes;
  private final Optional<Path> start;

  private StudyRecipes(
      Path file, YamlDocument base, boolean quick, StudyAxes axes, Optional<Path> start) {
    this.file = file;
    this.base = base;
    this.quick = quick;
    this.axes = axes;
    this.start = start;
  }

  /** Reads the keys {@code recipe} and {@code from} of a study, and the files that they name. */
  static StudyRecipes read(Section root, Path study, boolean quick, StudyAxes axes)
      throws IOException {
    Path recipe = study.resolveSibling(root.requiredText("recipe", "demo.yaml"));
    YamlDocument base = beside(root, "recipe", recipe, () -> YamlDocument.read(recipe));
    if (!root.has("from")) {
      return new StudyRecipes(recipe, base, quick, axes, Optional.empty());
    }
    Path start = study.resolveSibling(root.text("from", null));
    beside(root, "from", start, () -> Recipe.read(start, quick, List.of()));
    return new StudyRecipes(recipe, base, quick, axes, Optional.of(start));
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T> T beside(Section root, String key, Path recipe, Reading<T> reading) {
    try {
      return reading.read();
    } catch (IOException e) {
      throw root.error(
          key, "must be a recipe beside the study, but " + recipe + " cannot be read", e);
    }
  }

  /** Refuses a command that cannot run these recipes. */
  void requireFitting(Section root, String command) {
    if (areLives() != command.equals("life")) {
      throw root.error(
          "command",
          areLives()
              ? "must be life, as the recipe " + file + " has stages"
              : "cannot be life: the recipe " + file + " has no stages");
    }
  }

  private boolean areLives() {
    return base.root().has("stages");
  }

  /**
   * The recipe of one run.
   *
   * @param setting a combination of the axes' values
   * @param seed the run's seed
   * @param changes further changes such as {@code device=cuda}, which come last
   * @return the recipe, named after the setting and the seed
   * @throws RecipeException if it is not valid
   */
  public RunRecipe of(Map<String, String> setting, long seed, List<String> changes) {
    List<String> settings = new ArrayList<>(List.of("seed=" + seed));
    settings.addAll(changes);
    String run = StudyAxes.label(setting) + "-s" + seed;
    String name = run.substring(0, Math.min(run.length(), LONGEST_NAME));
    if (areLives()) {
      settings.add("name=" + name);
      return LifeRecipe.changed(base, quick, name, axes.changes(setting), settings);
    }
    return RecipeReading.changed(base, quick, name, axes.changes(setting), settings);
  }

  /**
   * The recipe of the model that every run starts from, which is trained once.
   *
   * @param changes further changes such as {@code device=cuda}
   * @return the recipe; empty if each run starts from random weights
   * @throws IOException if it cannot be read
   * @throws RecipeException if it is not valid
   */
  public Optional<Recipe> start(List<String> changes) throws IOException {
    return haveStart() ? Optional.of(Recipe.read(start.get(), quick, changes)) : Optional.empty();
  }

  /**
   * Whether every run starts from one model that is trained before.
   *
   * @return false if each run starts from random weights
   */
  public boolean haveStart() {
    return start.isPresent();
  }
}
