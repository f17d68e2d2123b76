package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.interaction.Reduction;
import io.github.steelyard.interaction.SmallerNetwork;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A smaller equivalent network, for people and other programs.
 *
 * @param smaller what was found
 */
record ShownReduction(SmallerNetwork smaller) {
  String sentence() {
    return smaller
        .reduction()
        .map(ShownReduction::sentence)
        .orElseGet(() -> "not reduced: " + smaller.refusal());
  }

  private static String sentence(Reduction reduction) {
    return String.format(
        Locale.ROOT,
        "%,d of %,d parameters are left in an equivalent network; outputs differ by at most"
            + " %.1e of %s",
        reduction.parametersAfter(),
        reduction.parametersBefore(),
        reduction.largestDifference(),
        Numbers.brief(reduction.largestOutput()));
  }

  Map<String, Object> toJson() {
    return smaller
        .reduction()
        .map(ShownReduction::toJson)
        .orElseGet(() -> Map.of("refused", smaller.refusal()));
  }

  private static Map<String, Object> toJson(Reduction reduction) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("layers", reduction.layers());
    values.put("parameters_before", reduction.parametersBefore());
    values.put("parameters_after", reduction.parametersAfter());
    values.put("largest_difference", reduction.largestDifference());
    values.put("largest_output", reduction.largestOutput());
    return values;
  }
}
