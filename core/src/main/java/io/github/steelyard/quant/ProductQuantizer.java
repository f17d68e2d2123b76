package io.github.steelyard.quant;

import java.util.OptionalDouble;

/**
 * A {@link WeightQuantizer} that also quantizes weights which are themselves computed, such as the
 * product of query and key weights ({@link QueryKeyProduct}): its scale must follow from the
 * weight.
 */
public interface ProductQuantizer {
  /**
   * Lets only weights near a threshold pass a gradient, in training mode: confidence-guided
   * annealing of a weight that is itself computed.
   *
   * @param range how near, in steps between integers; empty to let all pass
   * @throws IllegalArgumentException if the range is not within [0, 1/2]
   */
  void setBoundaryRange(OptionalDouble range);
}
