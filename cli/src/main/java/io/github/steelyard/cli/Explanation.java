package io.github.steelyard.cli;

import io.github.steelyard.data.DataLoader;
import io.github.steelyard.interaction.Ablation;
import io.github.steelyard.interaction.AblationCurve;
import io.github.steelyard.interaction.AblationSchedule;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.Degeneracy;
import io.github.steelyard.interaction.DegeneracyReport;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.LayerBasis;
import io.github.steelyard.interaction.Modularity;
import io.github.steelyard.interaction.ModularityConfiguration;
import io.github.steelyard.interaction.Modules;
import io.github.steelyard.interaction.Quadrature;
import io.github.steelyard.interaction.Sections;
import io.github.steelyard.interaction.StageListener;
import io.github.steelyard.interaction.TopData;
import io.github.steelyard.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What was found out about a network.
 *
 * @param result bases and edges
 * @param curves by layer, the ablation curves of the bases by their names
 * @param modules groups of basis vectors
 * @param top the data at which coordinates are largest
 * @param degeneracy how many parameters are free; null until it is measured
 */
record Explanation(
    InteractionResult result,
    List<Map<String, AblationCurve>> curves,
    Modules modules,
    TopData top,
    DegeneracyReport degeneracy) {
  /** Points of a curve over the whole width; those near none stand closer. */
  private static final AblationSchedule SCHEDULE = AblationSchedule.exponential(1.5, 0);

  private static final int TOP = 4;
  private static final int NODES_IN_INTEGRALS = 8;

  static InteractionConfiguration configuration(BasisKind basis, double threshold) {
    InteractionConfiguration local = InteractionConfiguration.local().withThreshold(threshold);
    return switch (basis) {
      case LOCAL, SVD, NEURON -> local.withBasis(basis);
      case INTEGRATED_GRADIENT, FUNCTIONAL ->
          new InteractionConfiguration(
              basis,
              local.edges(),
              Quadrature.gaussLegendre(NODES_IN_INTEGRALS - 1),
              true,
              false,
              threshold,
              local.sources());
    };
  }

  static Explanation of(
      Sections sections,
      DataLoader data,
      InteractionConfiguration configuration,
      ModularityConfiguration modularity,
      Path folder,
      Output output)
      throws IOException {
    int layers = sections.layers().size();
    long passes = 3L + 2L * layers;
    try (Progress progress = Progress.start(output.err(), passes * data.batchesPerEpoch())) {
      long[] done = new long[1];
      StageListener listener =
          (stage, batch, total) -> {
            progress.task(stage);
            progress.update(++done[0], "batch " + batch + " of " + total);
          };
      InteractionResult result =
          new InteractionBasis(configuration).listener(listener).compute(sections, data, folder);
      TopData top = TopData.find(sections, result, data, TOP, listener);
      Ablation ablation = new Ablation(sections, data);
      List<Map<String, AblationCurve>> curves = new ArrayList<>();
      for (int l = 0; l < layers - 1; l++) {
        curves.add(curves(ablation, l, result));
      }
      return new Explanation(result, curves, new Modularity(modularity).find(result), top, null);
    }
  }

  private static Map<String, AblationCurve> curves(
      Ablation ablation, int layer, InteractionResult result) {
    LayerBasis basis = result.layers().get(layer);
    Map<String, LayerBasis> bases = new LinkedHashMap<>();
    bases.put(name(result.configuration().basis()), basis);
    bases.putIfAbsent(name(BasisKind.SVD), basis.principal());
    bases.putIfAbsent(name(BasisKind.NEURON), basis.neurons());
    Map<String, AblationCurve> curves = new LinkedHashMap<>();
    bases.forEach((name, own) -> curves.put(name, ablation.vectors(layer, own, SCHEDULE)));
    return curves;
  }

  static String name(BasisKind kind) {
    return switch (kind) {
      case LOCAL -> "local interaction basis";
      case INTEGRATED_GRADIENT -> "integrated-gradient basis";
      case FUNCTIONAL -> "functional interaction basis";
      case SVD -> "principal components";
      case NEURON -> "neurons";
    };
  }

  Explanation withDegeneracy(Module model, DataLoader data) {
    return new Explanation(
        result,
        curves,
        modules,
        top,
        new Degeneracy(Degeneracy.DEFAULT_TOLERANCE).measure(model, data));
  }

  /** One row a layer. */
  List<List<String>> rows() {
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

  String sentence() {
    return String.format(
        Locale.ROOT,
        "%d modules, modularity %.3f (graphs of equal degrees: %.3f); %,d of %,d parameters are"
            + " effective",
        modules.count(),
        modules.q(),
        modules.meanRandomQ(),
        degeneracy.effectiveParameters(),
        degeneracy.parameters());
  }

  Map<String, Object> toJson(Path report) {
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
    values.put("modularity", modules.q());
    values.put("random_modularity", modules.randomQ());
    values.put("weight_inside_modules", modules.inside());
    values.put("degeneracy", degeneracy);
    values.put("report", report.toString());
    return values;
  }
}
