package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.recipe.Section;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.Ablation;
import io.github.steelyard.interaction.AblationBisection;
import io.github.steelyard.interaction.AblationTolerance;
import io.github.steelyard.interaction.AnalysisListener;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.NodeLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * How many of the largest edges between two layers a network needs, for several bases.
 *
 * @param tolerance how much worse it may become with the edges that are needed
 * @param sections section by section
 */
public record EdgeComparison(AblationTolerance tolerance, List<Section> sections) {
  /**
   * From one layer to the next.
   *
   * @param from where edges begin
   * @param to where they end
   * @param needed what was tried, by the bases' names
   */
  record Section(NodeLayer from, NodeLayer to, Map<String, AblationBisection> needed) {}

  /** How many tries a section takes in a basis, with one of all edges. */
  static long passes(NodeLayer from, NodeLayer to) {
    return 1L + Integer.SIZE - Integer.numberOfLeadingZeros(from.width() * to.width());
  }

  /**
   * Measures section by section.
   *
   * @param results bases with their edges, by kind
   * @param listeners makes what hears of each batch of a try, from the section's number
   */
  static EdgeComparison measure(
      Function<AnalysisListener, Ablation> ablations,
      Map<BasisKind, InteractionResult> results,
      AblationTolerance tolerance,
      IntFunction<AnalysisListener> listeners) {
    InteractionResult any = results.values().iterator().next();
    List<Section> sections = new ArrayList<>();
    for (int s = 0; s < any.edges().size(); s++) {
      Map<String, AblationBisection> needed = new LinkedHashMap<>();
      for (Map.Entry<BasisKind, InteractionResult> entry : results.entrySet()) {
        Ablation ablation = ablations.apply(listeners.apply(s));
        needed.put(
            Explanation.name(entry.getKey()), ablation.edges(s, entry.getValue(), tolerance));
      }
      sections.add(
          new Section(any.layers().get(s).layer(), any.layers().get(s + 1).layer(), needed));
    }
    return new EdgeComparison(tolerance, sections);
  }

  /** The edges needed in a basis, all sections together. */
  int needed(String basis) {
    return sections.stream().mapToInt(section -> section.needed().get(basis).required()).sum();
  }

  /** Says what the table counts. */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "edges needed to keep the loss within %s of %s, those from the constant direction not"
            + " counted",
        Numbers.brief(tolerance.allowed()),
        Numbers.brief(sections.get(0).needed().values().iterator().next().base().loss()));
  }

  /** One row a section, one column a basis. */
  public Table table() {
    List<String> columns = new ArrayList<>(List.of("From", "To", "All"));
    columns.addAll(sections.get(0).needed().keySet());
    List<List<String>> rows = new ArrayList<>();
    for (Section section : sections) {
      List<String> row = new ArrayList<>();
      row.add(section.from().name());
      row.add(section.to().name());
      row.add(Integer.toString(section.from().width() * section.to().width()));
      section.needed().values().forEach(found -> row.add(Integer.toString(found.required())));
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  List<Map<String, Object>> toJson() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Section section : sections) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("from", section.from().name());
      values.put("to", section.to().name());
      values.put("all", section.from().width() * section.to().width());
      Map<String, Integer> needed = new LinkedHashMap<>();
      section.needed().forEach((name, found) -> needed.put(name, found.required()));
      values.put("needed", needed);
      all.add(values);
    }
    return all;
  }
}
