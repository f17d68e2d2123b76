package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.Communities;
import io.github.steelyard.interaction.DegeneracyReport;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.LayerDegeneracy;
import io.github.steelyard.interaction.TopData;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What was found out about a network.
 *
 * @param result bases and edges
 * @param comparison what can be removed, in several bases
 * @param edges which edges are needed, in several bases; empty if that was not asked for
 * @param modules groups of basis vectors
 * @param compared groups in the bases whose edges are compared; empty if none are
 * @param shares how the interactions are spread over edges, in several bases; empty as well
 * @param top the data at which coordinates are largest
 * @param degeneracy how many parameters are free
 * @param smaller what a smaller equivalent network would be
 */
public record Explanation(
    InteractionResult result,
    BasisComparison comparison,
    Optional<EdgeComparison> edges,
    Communities modules,
    Map<BasisKind, Communities> compared,
    Optional<EdgeShares> shares,
    TopData top,
    DegeneracyReport degeneracy,
    SmallerNetwork smaller) {
  static String name(BasisKind kind) {
    return switch (kind) {
      case LOCAL -> "local interaction basis";
      case INTEGRATED_GRADIENT -> "integrated-gradient basis";
      case FUNCTIONAL -> "functional interaction basis";
      case SVD -> "principal components";
      case NEURON -> "neurons";
    };
  }

  /** One row a layer. */
  public List<List<String>> rows() {
    return result.layers().stream()
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

  public String sentence() {
    return String.format(
            Locale.ROOT,
            "%d modules, modularity %.3f (graphs of equal degrees: %.3f); %,d of %,d parameters are"
                + " effective",
            modules.count(),
            modules.q(),
            modules.meanRandomQ(),
            degeneracy.effectiveParameters(),
            degeneracy.parameters())
        + tooFewSamples();
  }

  /** Empty, or which layers need more samples than were taken for their ranks to be known. */
  private String tooFewSamples() {
    return degeneracy.limitedByData().stream()
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

  /** What came out, in words. */
  List<String> sentences() {
    return List.of(sentence(), smaller.sentence());
  }

  /** One row a layer, with what its columns mean. */
  Table table() {
    return new Table(
        List.of("Layer", "Width", "Basis vectors", "Without activation", "Without effect"), rows());
  }

  public Map<String, Object> toJson(Path report) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(
        "layers",
        result.layers().stream()
            .map(
                basis ->
                    Map.of(
                        "name", basis.layer().name(),
                        "width", basis.layer().width(),
                        "rank", basis.rank(),
                        "dropped_by_activations", basis.droppedByActivations(),
                        "dropped_by_gradients", basis.droppedByGradients()))
            .toList());
    values.put("modules", modules.count());
    values.put("module_sizes", modules.sizes().stream().filter(size -> size > 1).toList());
    values.put("modularity", modules.q());
    values.put("random_modularity", modules.randomQ());
    values.put("weight_inside_modules", modules.inside());
    values.put("modularity_above_random", Numbers.finite(modules.q() - modules.meanRandomQ()));
    values.put("ablation", comparison.toJson());
    edges.ifPresent(own -> values.put("edges", own.toJson()));
    shares.ifPresent(own -> values.put("interaction", own.toJson()));
    values.put("needed", neededToJson());
    values.put("degeneracy", degeneracy);
    values.put(
        "ranks_limited_by_samples",
        degeneracy.limitedByData().stream().map(LayerDegeneracy::name).toList());
    values.put(
        "effective_share", (double) degeneracy.effectiveParameters() / degeneracy.parameters());
    values.put("reduction", smaller.toJson());
    values.put("report", report.toString());
    return values;
  }

  /**
   * What each basis needs, all layers together, and how much of it the basis of graph and modules
   * needs.
   */
  private Map<String, Object> neededToJson() {
    BasisKind own = result.configuration().basis();
    Map<String, Object> values = new LinkedHashMap<>();
    for (BasisKind kind : BasisKind.values()) {
      if (comparison.bases().contains(name(kind))) {
        values.put(Output.word(kind), neededToJson(own, kind));
      }
    }
    return values;
  }

  private Map<String, Object> neededToJson(BasisKind own, BasisKind kind) {
    Map<String, Object> values = new LinkedHashMap<>();
    int vectors = comparison.needed(name(kind));
    values.put("vectors", vectors);
    values.put("vectors_of_chosen", share(comparison.needed(name(own)), vectors));
    edges.ifPresent(
        counted -> {
          int needed = counted.needed(name(kind));
          values.put("edges", needed);
          values.put("edges_of_chosen", share(counted.needed(name(own)), needed));
        });
    return values;
  }

  /** Null if nothing is needed in the other basis. */
  private static Double share(int some, int all) {
    return Numbers.finite((double) some / all);
  }
}
