package io.github.steelyard.cli.study;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.runtime.Suggestion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How measures are drawn over an axis: {@code plot: {x: sparsity, by: [network]}}.
 *
 * @param x the axis, whose values are numbers
 * @param by the axes that have a line for each of their values; over the others each seed's runs
 *     are averaged
 */
record StudyPlot(String x, List<String> by) {
  private static final String BY = "by";

  /** Reads the section {@code plot}; empty if the study has none. */
  static Optional<StudyPlot> read(Mapping root, StudyAxes axes) {
    return root.optional(
        "plot",
        section -> {
          section.allowOnly(List.of("x", BY));
          String x = axes.numbers(section, "x");
          List<String> others = axes.names().stream().filter(axis -> !axis.equals(x)).toList();
          List<String> by =
              section.has(BY) ? section.names(BY, "a list of axes, such as " + others) : others;
          for (String axis : by) {
            if (!others.contains(axis)) {
              throw section.error(
                  BY,
                  "there is no axis '%s' beside %s".formatted(axis, x)
                      + Suggestion.clause(axis, others));
            }
          }
          return new StudyPlot(x, by);
        });
  }

  /** The values of a setting that name its line. */
  Map<String, String> line(Map<String, String> setting) {
    Map<String, String> line = new LinkedHashMap<>(setting);
    line.keySet().retainAll(by);
    return line;
  }
}
