package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.nn.FreezeParameters;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.GradualUnfreezing;
import java.util.Map;

/** The section {@code freeze}: parts that are not trained, or not yet, for fine-tuning. */
public final class FreezeSection implements RecipeSection<FreezeRecipe> {
  /** Called by {@link java.util.ServiceLoader}. */
  public FreezeSection() {}

  @Override
  public String key() {
    return "freeze";
  }

  /** After all that others put on weights, so that a frozen layer's quantizers are frozen too. */
  @Override
  public Place place() {
    return Place.NONE;
  }

  @Override
  public FreezeRecipe read(Mapping section) {
    FreezeRecipe read = section.read(FreezeRecipe.class, FreezeRecipe.defaults());
    if (read.equals(FreezeRecipe.defaults())) {
      throw section.error(
          "", "needs layers, such as layers: [patch_embed, blocks.0], or unfreeze_every: 1");
    }
    return read;
  }

  @Override
  public void check(FreezeRecipe configuration, Recipe recipe, Mapping section) {
    if (configuration.unfreezeEvery() > 0
        && recipe.sections().stream().anyMatch(other -> other.key().equals("incremental"))) {
      throw section.error(
          "unfreeze_every",
          "must be 0 beside incremental, whose steps would each begin anew with the head; name what"
              + " stays as it is by freeze.layers");
    }
  }

  @Override
  public Module prepare(FreezeRecipe configuration, Module model, TrainingSetup setup) {
    return configuration.layers().isEmpty()
        ? model
        : new FreezeParameters(configuration.layers()).apply(model);
  }

  @Override
  public Map<String, Callback> callbacks(FreezeRecipe configuration, TrainingSetup setup) {
    return configuration.unfreezeEvery() == 0
        ? Map.of()
        : Map.of("unfreezing", new GradualUnfreezing(configuration.unfreezeEvery()));
  }
}
