package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.console.Progress;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.interaction.Ablation;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.Communities;
import io.github.steelyard.interaction.Degeneracy;
import io.github.steelyard.interaction.DegeneracyReport;
import io.github.steelyard.interaction.EdgeNorm;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionGraph;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.LayerBasis;
import io.github.steelyard.interaction.Modularity;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.interaction.TopData;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Looks into a network, which is as it was afterwards.
 *
 * @param model the network
 * @param data what its activations are computed from
 * @param settings what is computed
 * @param err where progress goes
 */
record Explainer(Module model, DataLoader data, ExplanationSettings settings, PrintWriter err) {
  private static final int TOP = 4;

  /**
   * Looks into the network.
   *
   * @param cuts where to cut it
   * @param folder keeps the stages, so that an interrupted analysis goes on where it was
   * @throws IOException if a stage cannot be read or written
   * @throws UsageException if the network cannot be cut there
   */
  Explanation explain(List<String> cuts, Path folder) throws IOException {
    Tensor sample = sample();
    InBases found;
    try (Segments segments = UsageException.unless(() -> Segments.open(model, cuts, sample))) {
      found = inBases(segments, folder);
    }
    InteractionResult result = found.results().get(settings.basis());
    Modularity modularity = new Modularity(settings.modularity());
    Map<BasisKind, Communities> compared = new LinkedHashMap<>();
    found
        .results()
        .forEach(
            (kind, own) -> {
              if (kind != settings.basis()) {
                compared.put(kind, modularity.find(own));
              }
            });
    DegeneracyReport degeneracy;
    try (Progress progress = Progress.start(err, data.batchesPerEpoch())) {
      degeneracy =
          new Degeneracy(Degeneracy.DEFAULT_TOLERANCE)
              .measure(
                  model,
                  data,
                  (stage, batch, total) -> {
                    progress.task(stage);
                    progress.update(batch, "batch " + batch + " of " + total);
                  });
    }
    return new Explanation(
        result,
        found.comparison(),
        found.edges(),
        modularity.find(result),
        compared,
        compared.isEmpty() ? Optional.empty() : Optional.of(shares(found.results())),
        found.top(),
        degeneracy,
        SmallerNetwork.of(model, data));
  }

  private EdgeShares shares(Map<BasisKind, InteractionResult> results) {
    Map<BasisKind, InteractionGraph> graphs = new LinkedHashMap<>();
    results.forEach(
        (kind, own) ->
            graphs.put(
                kind, InteractionGraph.of(own, settings.modularity().withNorm(EdgeNorm.IDENTITY))));
    return EdgeShares.of(
        graphs, results.get(settings.basis()).layers().stream().map(LayerBasis::layer).toList());
  }

  private Tensor sample() {
    try (BatchStream batches = data.epoch(0, 0)) {
      return Scope.compute(
          () -> {
            Batch batch = batches.next();
            return Scope.keep(batch.inputs().narrow(0, 0, Math.min(4, batch.size())).clone());
          });
    }
  }

  /** What is computed while the network is cut; the basis of graph and modules comes first. */
  private record InBases(
      Map<BasisKind, InteractionResult> results,
      TopData top,
      BasisComparison comparison,
      Optional<EdgeComparison> edges) {}

  private InBases inBases(Segments segments, Path folder) throws IOException {
    InteractionConfiguration how = settings.configuration();
    PassCosts costs = PassCosts.measure(segments, data);
    try (ExplanationWork work = new ExplanationWork(err, costs, settings, data.batchesPerEpoch())) {
      Map<BasisKind, InteractionResult> results = new LinkedHashMap<>();
      InteractionResult own =
          new InteractionBasis(how).listener(work.analysis(how)).compute(segments, data, folder);
      results.put(settings.basis(), own);
      TopData top = TopData.find(segments, own, data, TOP, work.costing(1));
      for (InteractionConfiguration other : settings.others()) {
        results.put(
            other.basis(),
            new InteractionBasis(other).listener(work.analysis(other)).compute(segments, data));
      }
      BasisComparison comparison =
          BasisComparison.measure(
              listener -> new Ablation(segments, data, listener),
              byLayer(results),
              settings.tolerance(),
              work::costing);
      Optional<EdgeComparison> edges =
          settings.countsEdges()
              ? Optional.of(
                  EdgeComparison.measure(
                      listener -> new Ablation(segments, data, listener),
                      results,
                      settings.tolerance(),
                      work::trialOfEdges))
              : Optional.empty();
      return new InBases(results, top, comparison, edges);
    }
  }

  /**
   * By layer without the last, all bases that are compared; principal components and neurons are.
   */
  private List<Map<String, LayerBasis>> byLayer(Map<BasisKind, InteractionResult> results) {
    List<LayerBasis> own = results.get(settings.basis()).layers();
    Map<BasisKind, List<LayerBasis>> bases = new LinkedHashMap<>();
    bases.put(settings.basis(), own);
    results.forEach(
        (kind, result) -> {
          if (kind != BasisKind.SVD && kind != BasisKind.NEURON) {
            bases.put(kind, result.layers());
          }
        });
    bases.putIfAbsent(BasisKind.SVD, own.stream().map(LayerBasis::principal).toList());
    bases.putIfAbsent(BasisKind.NEURON, own.stream().map(LayerBasis::neurons).toList());
    List<Map<String, LayerBasis>> all = new ArrayList<>();
    for (int l = 0; l + 1 < own.size(); l++) {
      Map<String, LayerBasis> layer = new LinkedHashMap<>();
      for (Map.Entry<BasisKind, List<LayerBasis>> entry : bases.entrySet()) {
        layer.put(Explanation.name(entry.getKey()), entry.getValue().get(l));
      }
      all.add(layer);
    }
    return all;
  }
}
