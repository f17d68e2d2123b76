package com.example.seventh;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import java.util.Map;

/**
 * Puts a {@link WeightStandardization} on the weights of chosen layers.
 *
 * @param configuration which layers, and how
 */
public record StandardizeWeights(WeightStandardizationConfiguration configuration)
    implements ModelTransform {
  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a pattern matches no layer, or a weight is parametrized
   *     already; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    Map<String, Parameter> weights = LayerWeights.matching(model, configuration.layers());
    weights.forEach(
        (path, weight) -> {
          if (!weight.parametrizations().isEmpty()) {
            throw new IllegalArgumentException(
                "the weight of '" + path + "' is parametrized already; standardize it first");
          }
        });
    weights
        .values()
        .forEach(w -> w.parametrize(new WeightStandardization(configuration.epsilon())));
    return model;
  }
}
