package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The weights that patterns choose, less those that other patterns leave out. */
final class ChosenLayers {
  private ChosenLayers() {}

  static Map<String, Parameter> of(Module model, List<String> layers, List<String> except) {
    Map<String, Parameter> chosen = new LinkedHashMap<>(LayerWeights.matching(model, layers));
    if (!except.isEmpty()) {
      chosen.keySet().removeAll(LayerWeights.matching(model, except).keySet());
    }
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "nothing is left to prune: every layer of " + layers + " is also in except, " + except);
    }
    return chosen;
  }
}
