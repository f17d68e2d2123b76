package com.example.seventh;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.nn.ModelTransform;
import java.util.List;

/** Lets recipes have a section {@code weight_standardization}. */
public final class WeightStandardizationSection
    implements RecipeSection<WeightStandardizationConfiguration> {
  /** Called by {@link java.util.ServiceLoader}. */
  public WeightStandardizationSection() {}

  @Override
  public String key() {
    return "weight_standardization";
  }

  @Override
  public WeightStandardizationConfiguration read(Mapping section) {
    return section.read(WeightStandardizationConfiguration.of(List.of("layer*.conv*")), "layers");
  }

  @Override
  public ModelTransform transform(WeightStandardizationConfiguration configuration) {
    return new StandardizeWeights(configuration);
  }
}
