package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.train.Penalty;
import java.util.Map;

/** The section {@code penalties}: what is asked of the weights themselves, besides the loss. */
public final class PenaltiesSection implements RecipeSection<PenaltiesRecipe> {
  /** Called by {@link java.util.ServiceLoader}. */
  public PenaltiesSection() {}

  @Override
  public String key() {
    return "penalties";
  }

  @Override
  public Place place() {
    return Place.NONE;
  }

  @Override
  public PenaltiesRecipe read(Mapping section) {
    return PenaltiesRecipe.read(section);
  }

  @Override
  public Object write(PenaltiesRecipe configuration) {
    return configuration.toTree();
  }

  @Override
  public void check(PenaltiesRecipe configuration, Recipe recipe, Mapping section) {
    configuration.check(recipe, section);
  }

  @Override
  public Map<String, Penalty> penalties(PenaltiesRecipe configuration, TrainingSetup setup) {
    return configuration.penalties(setup);
  }
}
