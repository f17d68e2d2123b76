package com.example.seventh;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.LayerWeights;
import java.util.List;

/**
 * How weights are standardized.
 *
 * @param epsilon added to each row's variance, above 0; the authors' code has 1e-5
 * @param layers which layers, by patterns of their paths, such as {@code layer?.*.conv?}
 */
public record WeightStandardizationConfiguration(double epsilon, List<String> layers) {
  /**
   * Checks the values.
   *
   * @param epsilon above 0
   * @param layers at least one pattern
   * @throws IllegalArgumentException if a value is out of range
   */
  public WeightStandardizationConfiguration {
    Checks.positive(epsilon, "weight standardization", "epsilon");
    layers = LayerWeights.requirePatterns(layers, "weight standardization");
  }

  /**
   * The authors' epsilon.
   *
   * @param layers which layers
   * @return the configuration
   * @throws IllegalArgumentException if there is no pattern
   */
  public static WeightStandardizationConfiguration of(List<String> layers) {
    return new WeightStandardizationConfiguration(1e-5, layers);
  }
}
