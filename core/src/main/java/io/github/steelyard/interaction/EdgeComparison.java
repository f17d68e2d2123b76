package io.github.steelyard.interaction;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * How many of the largest edges between two layers a network needs, for several bases.
 *
 * @param tolerance how much worse it may become with the edges that are needed
 * @param sections section by section, at least one
 */
public record EdgeComparison(AblationTolerance tolerance, List<Section> sections) {
  /**
   * From one layer to the next.
   *
   * @param from where edges begin
   * @param to where they end
   * @param needed what was tried in each basis
   */
  public record Section(NodeLayer from, NodeLayer to, Map<BasisKind, AblationBisection> needed) {
    /**
     * Copies the map.
     *
     * @param from where edges begin
     * @param to where they end
     * @param needed what was tried in each basis, in this order
     */
    public Section {
      needed = Collections.unmodifiableMap(new LinkedHashMap<>(needed));
    }

    /**
     * All pairs of coordinates.
     *
     * @return the product of the widths
     */
    public int possible() {
      return from.width() * to.width();
    }
  }

  /**
   * Copies the list.
   *
   * @param tolerance how much worse the network may become
   * @param sections section by section
   */
  public EdgeComparison {
    sections = List.copyOf(sections);
  }

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
      Map<BasisKind, AblationBisection> needed = new LinkedHashMap<>();
      for (Map.Entry<BasisKind, InteractionResult> entry : results.entrySet()) {
        Ablation ablation = ablations.apply(listeners.apply(s));
        needed.put(entry.getKey(), ablation.edges(s, entry.getValue(), tolerance));
      }
      sections.add(
          new Section(any.layers().get(s).layer(), any.layers().get(s + 1).layer(), needed));
    }
    return new EdgeComparison(tolerance, sections);
  }

  /**
   * How good the network is as it is.
   *
   * @return its score with all edges
   */
  public AblationScore base() {
    return sections.get(0).needed().values().iterator().next().base();
  }

  /**
   * How many edges are needed, all sections together.
   *
   * @param basis one of those that were compared
   * @return their number
   */
  public int needed(BasisKind basis) {
    return sections.stream().mapToInt(section -> section.needed().get(basis).required()).sum();
  }
}
