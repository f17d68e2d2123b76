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

/** The recipes of a study: one for each run, and those of the models that runs start from. */
public final class StudyRecipes {
  /** No value of an axis begins so. */
  private static final String START = "_start";

  /** As long as a recipe's name may be. */
  private static final int LONGEST_NAME = 100;

  private final YamlDocument base;
  private final boolean quick;
  private final StudyAxes axes;
  private final Optional<YamlDocument> start;
  private final boolean startPerSeed;

  private StudyRecipes(
      YamlDocument base,
      boolean quick,
      StudyAxes axes,
      Optional<YamlDocument> start,
      boolean startPerSeed) {
    this.base = base;
    this.quick = quick;
    this.axes = axes;
    this.start = start;
    this.startPerSeed = startPerSeed;
  }

  /** Reads the keys {@code recipe}, {@code start} and {@code start_per_seed}, and their files. */
  static StudyRecipes read(Mapping root, Path study, boolean quick, StudyAxes axes)
      throws IOException {
    Path recipe = study.resolveSibling(root.requiredText("recipe", "demo.yaml"));
    YamlDocument base = beside(root, "recipe", recipe);
    if (!root.has("start")) {
      return new StudyRecipes(base, quick, axes, Optional.empty(), false);
    }
    Path start = study.resolveSibling(root.text("start", null));
    boolean perSeed = root.flag("start_per_seed", false);
    return new StudyRecipes(base, quick, axes, Optional.of(beside(root, "start", start)), perSeed);
  }

  private static YamlDocument beside(Mapping root, String key, Path recipe) {
    try {
      return YamlDocument.read(recipe);
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
   * The recipe of the model that runs start from.
   *
   * @param setting a combination of the axes' values
   * @param seed of the runs
   * @param changes further changes such as {@code device=cuda}, which come last
   * @return the recipe; empty if each run starts from random weights
   * @throws RecipeException if it is not valid
   */
  Optional<Recipe> start(Map<String, String> setting, long seed, List<String> changes) {
    List<String> settings = new ArrayList<>();
    if (startPerSeed) {
      settings.add("seed=" + seed);
    }
    settings.addAll(changes);
    return start.map(
        document ->
            Recipe.read(
                document,
                Recipe.baseName(Path.of(document.source())),
                quick,
                axes.startChanges(setting),
                settings));
  }

  /**
   * The folder of the model that runs start from: the same for those that start from the same one.
   *
   * @param setting a combination of the axes' values
   * @param seed of the runs
   * @return its name, which no value of an axis has; empty if each run starts from random weights
   */
  Optional<String> startFolder(Map<String, String> setting, long seed) {
    String label = axes.startLabel(setting);
    return start.map(
        document ->
            START + (label.isEmpty() ? "" : "-" + label) + (startPerSeed ? "-seed-" + seed : ""));
  }
}
