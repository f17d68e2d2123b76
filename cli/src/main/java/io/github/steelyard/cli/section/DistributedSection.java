package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.DistributedRecipe;
import io.github.steelyard.cli.recipe.DistributedRecipe.Statistics;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.SynchronizeBatchNorm;

/** The section {@code distributed}: how several processes train one network. */
public final class DistributedSection implements RecipeSection<DistributedRecipe> {
  /** Called by {@link java.util.ServiceLoader}. */
  public DistributedSection() {}

  @Override
  public String key() {
    return "distributed";
  }

  @Override
  public Place place() {
    return Place.NONE;
  }

  @Override
  public DistributedRecipe read(Mapping section) {
    return section.read(DistributedRecipe.class, DistributedRecipe.defaults());
  }

  @Override
  public Module prepare(DistributedRecipe configuration, Module model, TrainingSetup setup) {
    return configuration.batchNorm() == Statistics.SYNCHRONIZED
        ? new SynchronizeBatchNorm().apply(model)
        : model;
  }
}
