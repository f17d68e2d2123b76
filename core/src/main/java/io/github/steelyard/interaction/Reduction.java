package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import java.util.List;

/**
 * A smaller equivalent network.
 *
 * @param model the network; the same object that was given, with smaller layers in it
 * @param layers its hidden layers
 * @param parametersBefore parameters before
 * @param parametersAfter parameters after
 * @param largestDifference the largest absolute difference of an output on the data, before and
 *     after
 * @param largestOutput the largest absolute output on the data before
 */
public record Reduction(
    Module model,
    List<ReducedLayer> layers,
    long parametersBefore,
    long parametersAfter,
    double largestDifference,
    double largestOutput) {
  /**
   * Copies the list.
   *
   * @param model the network
   * @param layers its hidden layers
   * @param parametersBefore parameters before
   * @param parametersAfter parameters after
   * @param largestDifference the largest absolute difference of an output
   * @param largestOutput the largest absolute output
   */
  public Reduction {
    layers = List.copyOf(layers);
  }
}
