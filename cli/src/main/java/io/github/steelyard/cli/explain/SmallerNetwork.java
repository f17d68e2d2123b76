package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.interaction.NetworkReduction;
import io.github.steelyard.interaction.ReducedLayer;
import io.github.steelyard.interaction.Reduction;
import io.github.steelyard.nn.Module;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A smaller equivalent network, or why there is none.
 *
 * @param reduction what was removed, or null
 * @param refusal why nothing could be, or empty
 */
public record SmallerNetwork(Reduction reduction, String refusal) {
  /** Reduces a network and takes the reduced layers out again, so that it stays as it was. */
  static SmallerNetwork of(Module model, BatchSource data) {
    Map<String, Module> before = new LinkedHashMap<>(model.namedModules());
    try {
      Reduction reduction =
          new NetworkReduction(NetworkReduction.DEFAULT_TOLERANCE).reduce(model, data);
      for (ReducedLayer layer : reduction.layers()) {
        model.setSubmodule(layer.producer(), before.get(layer.producer()));
        model.setSubmodule(layer.consumer(), before.get(layer.consumer()));
      }
      return new SmallerNetwork(reduction, "");
    } catch (IllegalArgumentException e) {
      return new SmallerNetwork(null, e.getMessage());
    }
  }

  public String sentence() {
    return reduction == null
        ? "not reduced: " + refusal
        : String.format(
            Locale.ROOT,
            "%,d of %,d parameters are left in an equivalent network; outputs differ by at most"
                + " %.1e of %s",
            reduction.parametersAfter(),
            reduction.parametersBefore(),
            reduction.largestDifference(),
            Numbers.brief(reduction.largestOutput()));
  }

  Map<String, Object> toJson() {
    if (reduction == null) {
      return Map.of("refused", refusal);
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("layers", reduction.layers());
    values.put("parameters_before", reduction.parametersBefore());
    values.put("parameters_after", reduction.parametersAfter());
    values.put("largest_difference", reduction.largestDifference());
    values.put("largest_output", reduction.largestOutput());
    return values;
  }
}
