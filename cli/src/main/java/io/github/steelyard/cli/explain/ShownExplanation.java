package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.Explanation;
import io.github.steelyard.interaction.LayerDegeneracy;
import io.github.steelyard.interaction.PartShares;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What was found out about a network, for people and other programs.
 *
 * @param found what it is
 * @param resolutions at which modules were looked for too
 */
public record ShownExplanation(Explanation found, List<Double> resolutions) {
  /** Modules in each basis and at each resolution. */
  ShownCommunities communities() {
    return new ShownCommunities(found, resolutions);
  }

  /** What can be removed, in several bases. */
  ShownBases comparison() {
    return new ShownBases(found.comparison());
  }

  /** Which edges are needed; empty if that was not asked for. */
  Optional<ShownEdges> edges() {
    return found.edges().map(ShownEdges::new);
  }

  /** How the interactions are spread over edges; empty if those of no basis are compared. */
  Optional<ShownShares> shares() {
    return found.shares().map(ShownShares::new);
  }

  ShownReduction smaller() {
    return new ShownReduction(found.smaller());
  }

  /**
   * One row a layer.
   *
   * @return cells of {@link ExplainReport#COLUMNS}
   */
  public List<List<String>> rows() {
    return found.result().layers().stream()
        .map(
            basis ->
                List.of(
                    basis.layer().name(),
                    Integer.toString(basis.layer().width()),
                    Integer.toString(basis.rank()),
                    Integer.toString(basis.droppedByActivations()),
                    Integer.toString(basis.droppedByGradients())))
        .toList();
  }

  /**
   * What was found, in words.
   *
   * @return one sentence
   */
  public String sentence() {
    return String.format(
            Locale.ROOT,
            "%d modules, modularity %.3f (graphs of equal degrees: %.3f)%s; %,d of %,d parameters are"
                + " effective",
            found.communities().count(),
            found.communities().q(),
            found.communities().meanRandomQ(),
            agreement(),
            found.degeneracy().effectiveParameters(),
            found.degeneracy().parameters())
        + tooFewSamples();
  }

  /** Empty, or how the modules agree with the parts of the data. */
  private String agreement() {
    PartShares parts = found.parts().get(found.result().configuration().basis());
    return parts == null
        ? ""
        : String.format(
            Locale.ROOT,
            ", agreement with the parts of the data %.3f",
            parts.agreement(found.communities()));
  }

  /** Empty, or which layers need more samples than were taken for their ranks to be known. */
  private String tooFewSamples() {
    return found.degeneracy().limitedByData().stream()
        .max(Comparator.comparingInt(LayerDegeneracy::inputs))
        .map(
            layer ->
                String.format(
                    Locale.ROOT,
                    " at least (%,d samples cannot show the rank of the %,d inputs of %s: take"
                        + " several times more samples)",
                    layer.rows(),
                    layer.inputs(),
                    layer.name()))
        .orElse("");
  }

  /**
   * What came out, in words.
   *
   * @return sentences for people
   */
  public List<String> sentences() {
    return List.of(sentence(), smaller().sentence());
  }

  /**
   * What is needed or carries most in each basis: tables by what they count.
   *
   * @return tables by their headings
   */
  public Map<String, Table> needed() {
    Map<String, Table> tables = new LinkedHashMap<>();
    tables.put(comparison().sentence(), comparison().table());
    shares().ifPresent(own -> tables.put(ShownShares.sentence(), own.table()));
    edges().ifPresent(own -> tables.put(own.sentence(), own.table()));
    return tables;
  }

  /** One row a layer, with what its columns mean. */
  Table table() {
    return new Table(
        List.of("Layer", "Width", "Basis vectors", "Without activation", "Without effect"), rows());
  }

  /**
   * What was found, as values.
   *
   * @param report where the page is
   * @return values by their keys
   */
  public Map<String, Object> toJson(Path report) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(
        "layers",
        found.result().layers().stream()
            .map(
                basis ->
                    Map.of(
                        "name", basis.layer().name(),
                        "width", basis.layer().width(),
                        "rank", basis.rank(),
                        "dropped_by_activations", basis.droppedByActivations(),
                        "dropped_by_gradients", basis.droppedByGradients()))
            .toList());
    values.put("modules", found.communities().count());
    values.put(
        "module_sizes", found.communities().sizes().stream().filter(size -> size > 1).toList());
    values.put("modularity", found.communities().q());
    values.put("random_modularity", found.communities().randomQ());
    values.put("weight_inside_modules", found.communities().inside());
    values.put(
        "modularity_above_random",
        Numbers.finite(found.communities().q() - found.communities().meanRandomQ()));
    values.put("communities", communities().toJson());
    values.put("ablation", comparison().toJson());
    edges().ifPresent(own -> values.put("edges", own.toJson()));
    shares().ifPresent(own -> values.put("interaction", own.toJson()));
    values.put("needed", neededToJson());
    values.put("degeneracy", found.degeneracy());
    values.put(
        "ranks_limited_by_samples",
        found.degeneracy().limitedByData().stream().map(LayerDegeneracy::name).toList());
    values.put(
        "effective_share",
        (double) found.degeneracy().effectiveParameters() / found.degeneracy().parameters());
    values.put("reduction", smaller().toJson());
    values.put("report", report.toString());
    return values;
  }

  /**
   * What each basis needs, all layers together, and how much of it the basis of graph and modules
   * needs.
   */
  private Map<String, Object> neededToJson() {
    BasisKind own = found.result().configuration().basis();
    Map<String, Object> values = new LinkedHashMap<>();
    for (BasisKind kind : BasisKind.values()) {
      if (found.comparison().bases().contains(kind)) {
        values.put(Output.word(kind), neededToJson(own, kind));
      }
    }
    return values;
  }

  private Map<String, Object> neededToJson(BasisKind own, BasisKind kind) {
    Map<String, Object> values = new LinkedHashMap<>();
    int vectors = found.comparison().needed(kind);
    values.put("vectors", vectors);
    values.put("vectors_of_chosen", share(found.comparison().needed(own), vectors));
    found
        .edges()
        .ifPresent(
            counted -> {
              int needed = counted.needed(kind);
              values.put("edges", needed);
              values.put("edges_of_chosen", share(counted.needed(own), needed));
            });
    return values;
  }

  /** Null if nothing is needed in the other basis. */
  private static Double share(int some, int all) {
    return Numbers.finite((double) some / all);
  }
}
