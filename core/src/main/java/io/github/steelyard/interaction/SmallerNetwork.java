package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.Module;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a smaller equivalent network would be, or why there is none.
 *
 * @param reduction what would be removed; empty if nothing can be
 * @param refusal why nothing can be; empty otherwise
 */
public record SmallerNetwork(Optional<Reduction> reduction, String refusal) {
  /**
   * Reduces a network by {@link NetworkReduction} and takes the reduced layers out again, so that
   * it stays as it was.
   *
   * @param model the network
   * @param data what its units are watched on
   * @return what was found
   */
  public static SmallerNetwork of(Module model, BatchSource data) {
    Map<String, Module> before = new LinkedHashMap<>(model.namedModules());
    try {
      Reduction reduction =
          new NetworkReduction(NetworkReduction.DEFAULT_TOLERANCE).reduce(model, data);
      for (ReducedLayer layer : reduction.layers()) {
        model.setSubmodule(layer.producer(), before.get(layer.producer()));
        model.setSubmodule(layer.consumer(), before.get(layer.consumer()));
      }
      return new SmallerNetwork(Optional.of(reduction), "");
    } catch (IllegalArgumentException e) {
      return new SmallerNetwork(Optional.empty(), e.getMessage());
    }
  }
}
