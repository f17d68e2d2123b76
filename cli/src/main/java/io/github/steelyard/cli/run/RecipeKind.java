package io.github.steelyard.cli.run;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeChange;
import io.github.steelyard.cli.recipe.YamlDocument;
import java.util.List;

/** A kind of run whose file is an ordinary {@link Recipe}. */
public interface RecipeKind extends RunKind<Recipe> {
  @Override
  default Class<Recipe> recipeType() {
    return Recipe.class;
  }

  @Override
  default Recipe read(
      YamlDocument document,
      String fallback,
      boolean quick,
      List<RecipeChange> changes,
      List<String> settings) {
    return Recipe.read(document, fallback, quick, changes, settings);
  }
}
