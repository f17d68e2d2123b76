package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import java.util.List;

/**
 * Which filters {@link StructuredPruning} removes.
 *
 * @param rate the share of each layer's filters that is removed, above 0 and below 1
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}; those whose channels
 *     others see (such as the last of a residual block) are left as they are
 */
public record StructuredPruningConfiguration(double rate, List<String> layers) {
  /**
   * Checks the values.
   *
   * @param rate above 0 and below 1
   * @param layers at least one pattern
   * @throws IllegalArgumentException if a value is out of range
   */
  public StructuredPruningConfiguration {
    if (!(rate > 0 && rate < 1)) {
      throw new IllegalArgumentException(
          "rate must be above 0 and below 1, but is "
              + rate
              + (rate > 1 && rate < 100 ? "; " + rate + " percent are " + rate / 100 : ""));
    }
    layers = LayerWeights.requirePatterns(layers, "structured pruning");
  }

  /**
   * All layers that can lose filters.
   *
   * @param rate the share of filters that is removed, above 0 and below 1
   * @return the configuration
   * @throws IllegalArgumentException if the rate is out of range
   */
  public static StructuredPruningConfiguration of(double rate) {
    return new StructuredPruningConfiguration(rate, List.of("*"));
  }
}
