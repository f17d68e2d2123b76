package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.EdgeComparison;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How many edges a network needs in several bases, for people and other programs.
 *
 * @param comparison what was measured
 */
record ShownEdges(EdgeComparison comparison) {
  /** Says what the table counts. */
  String sentence() {
    return String.format(
        Locale.ROOT,
        "edges needed to keep the loss within %s of %s, those from the constant direction not"
            + " counted",
        Numbers.brief(comparison.tolerance().allowed()),
        Numbers.brief(comparison.base().loss()));
  }

  /** One row a section, one column a basis. */
  Table table() {
    List<String> columns = new ArrayList<>(List.of("From", "To", "All"));
    comparison
        .sections()
        .get(0)
        .needed()
        .keySet()
        .forEach(kind -> columns.add(BasisNames.of(kind)));
    List<List<String>> rows = new ArrayList<>();
    for (EdgeComparison.Section section : comparison.sections()) {
      List<String> row = new ArrayList<>();
      row.add(section.from().name());
      row.add(section.to().name());
      row.add(Integer.toString(section.possible()));
      section.needed().values().forEach(found -> row.add(Integer.toString(found.required())));
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  List<Map<String, Object>> toJson() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (EdgeComparison.Section section : comparison.sections()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("from", section.from().name());
      values.put("to", section.to().name());
      values.put("all", section.possible());
      Map<String, Integer> needed = new LinkedHashMap<>();
      section.needed().forEach((kind, found) -> needed.put(BasisNames.of(kind), found.required()));
      values.put("needed", needed);
      all.add(values);
    }
    return all;
  }
}
