package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.Communities;
import io.github.steelyard.interaction.Explanation;
import io.github.steelyard.interaction.PartShares;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Groups of basis vectors in each basis and at each resolution, and how they agree with the parts
 * of the data where these are known.
 */
record ShownCommunities(Explanation found, List<Double> resolutions) {
  /** One row a basis. */
  Table bases() {
    List<List<String>> rows = new ArrayList<>();
    found.allCommunities().forEach((kind, own) -> rows.add(row(BasisNames.of(kind), kind, own)));
    return table("Basis", rows);
  }

  /** One row a resolution, in the basis of graph and modules. */
  Table sweep() {
    BasisKind kind = found.result().configuration().basis();
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < resolutions.size(); i++) {
      rows.add(row(Numbers.brief(resolutions.get(i)), kind, found.sweeps().get(kind).get(i)));
    }
    return table("Resolution", rows);
  }

  private Table table(String first, List<List<String>> rows) {
    List<String> columns =
        new ArrayList<>(
            List.of(
                first,
                "Modules",
                "Modularity",
                "Graphs of equal degrees",
                "And of equal strengths",
                "Weight inside"));
    Map<String, String> terms = new LinkedHashMap<>();
    terms.put(
        "Modularity",
        "how much more of the edges' weight lies inside the modules than chance would give; it"
            + " means something where it is above that of random graphs of equal degrees");
    if (!found.parts().isEmpty()) {
      columns.addAll(List.of("Agreement", "Purity"));
      terms.put(
          "Agreement",
          "of the modules with the independent parts of the data: 1 if they are the same, about 0"
              + " if they have nothing to do with one another (adjusted Rand index)");
      terms.put("Purity", "how far a basis vector depends on one part alone: 1 if wholly");
    }
    return new Table(columns, rows, terms);
  }

  private List<String> row(String first, BasisKind kind, Communities own) {
    List<String> row =
        new ArrayList<>(
            List.of(
                first,
                Integer.toString(own.count()),
                Numbers.brief(own.q()),
                Numbers.brief(own.meanRandomQ()),
                Numbers.brief(own.meanEqualStrengthQ()),
                Numbers.percent(own.inside())));
    PartShares parts = found.parts().get(kind);
    if (parts != null) {
      row.add(Numbers.brief(parts.agreement(own)));
      row.add(Numbers.brief(parts.purity(own)));
    }
    return row;
  }

  Map<String, Object> toJson() {
    Map<String, Object> all = new LinkedHashMap<>();
    found
        .allCommunities()
        .forEach(
            (kind, own) -> {
              Map<String, Object> values = toJson(kind, own);
              List<Map<String, Object>> sweep = new ArrayList<>();
              for (int i = 0; i < resolutions.size(); i++) {
                Map<String, Object> at = new LinkedHashMap<>();
                at.put("resolution", resolutions.get(i));
                at.putAll(toJson(kind, found.sweeps().get(kind).get(i)));
                sweep.add(at);
              }
              values.put("sweep", sweep);
              all.put(Output.word(kind), values);
            });
    return all;
  }

  private Map<String, Object> toJson(BasisKind kind, Communities own) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("modules", own.count());
    values.put("modularity", own.q());
    values.put("modularity_above_random", Numbers.finite(own.q() - own.meanRandomQ()));
    values.put(
        "modularity_above_equal_strengths", Numbers.finite(own.q() - own.meanEqualStrengthQ()));
    values.put("weight_inside_modules", own.inside());
    PartShares parts = found.parts().get(kind);
    if (parts != null) {
      values.put("agreement", Numbers.finite(parts.agreement(own)));
      values.put("purity", Numbers.finite(parts.purity(own)));
    }
    return values;
  }
}
