package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;

/**
 * The section {@code incremental}: classes are learned step by step, by one strategy or several.
 */
public final class IncrementalSection implements RecipeSection<IncrementalRecipe> {
  static final String KEY = "incremental";

  /** Called by {@link java.util.ServiceLoader}. */
  public IncrementalSection() {}

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Place place() {
    return Place.NONE;
  }

  @Override
  public IncrementalRecipe read(Mapping section) {
    return IncrementalReading.read(section);
  }

  @Override
  public Object write(IncrementalRecipe configuration) {
    return configuration.toTree();
  }

  @Override
  public void check(IncrementalRecipe configuration, Recipe recipe, Mapping section) {
    IncrementalLimits.check(section, configuration, recipe);
  }
}
