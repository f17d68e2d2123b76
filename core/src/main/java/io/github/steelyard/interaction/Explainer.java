package io.github.steelyard.interaction;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * Looks into a network, which is as it was afterwards: bases and edges, what of them is needed in
 * several bases, communities, free parameters and a smaller equivalent network.
 *
 * <pre>{@code
 * Explanation found =
 *     new Explainer(ExplanationSettings.standard())
 *         .explain(model, batches, List.of("hidden1", "hidden2", Segments.OUTPUT));
 * int needed = found.comparison().needed(BasisKind.LOCAL);
 * }</pre>
 *
 * <p>Cost: the passes of {@link InteractionBasis} for each basis whose edges are compared, some
 * tens of passes for each layer and basis of the {@link BasisComparison}, and one pass each for
 * {@link TopData} and {@link Degeneracy}. With {@link ExplanationSettings#countsEdges} several
 * times that. Where only one of the numbers is wanted, its own class is quicker. Not safe for use
 * by several threads.
 */
public final class Explainer {
  private static final int TOP = 4;

  /** Enough to try a cut on. */
  private static final long SAMPLE = 4;

  private final ExplanationSettings settings;
  private ExplanationListener listener = ExplanationListener.SILENT;

  /**
   * Looks into nothing yet.
   *
   * @param settings what is computed
   */
  public Explainer(ExplanationSettings settings) {
    this.settings = settings;
  }

  /**
   * Says who hears how far an explanation is.
   *
   * @param other the listener
   * @return this
   */
  public Explainer listener(ExplanationListener other) {
    this.listener = other;
    return this;
  }

  /**
   * Looks into a network.
   *
   * @param model the network
   * @param data what its activations are computed from, with labels; each pass reads epoch 0
   * @param layers where it is cut, see {@link Segments#open(Module, List, Tensor)}
   * @return what was found out
   * @throws IllegalArgumentException if the network cannot be cut there, or activations are not
   *     finite
   */
  public Explanation explain(Module model, BatchSource data, List<String> layers) {
    ExplanationWork work;
    InBases found;
    try (Segments segments = Segments.open(model, layers, sample(data))) {
      work = work(segments, data);
      found = inBases(segments, data, work, own(work).compute(segments, data));
    }
    return explanation(model, data, found, work);
  }

  /**
   * Looks into a network and keeps the stages of the analysis in a folder, so that an interrupted
   * one goes on where it was.
   *
   * @param model the network
   * @param data what its activations are computed from, with labels; each pass reads epoch 0
   * @param layers where it is cut, see {@link Segments#open(Module, List, Tensor)}
   * @param folder where stages are kept
   * @return what was found out
   * @throws IOException if a stage cannot be read or written, or is of another analysis
   * @throws IllegalArgumentException if the network cannot be cut there, or activations are not
   *     finite
   */
  public Explanation explain(Module model, BatchSource data, List<String> layers, Path folder)
      throws IOException {
    ExplanationWork work;
    InBases found;
    try (Segments segments = Segments.open(model, layers, sample(data))) {
      work = work(segments, data);
      found = inBases(segments, data, work, own(work).compute(segments, data, folder));
    }
    return explanation(model, data, found, work);
  }

  private static Tensor sample(BatchSource data) {
    try (BatchStream batches = data.epoch(0, 0)) {
      return Scope.compute(
          () -> {
            Batch batch = batches.next();
            return Scope.keep(batch.inputs().narrow(0, 0, Math.min(SAMPLE, batch.size())).clone());
          });
    }
  }

  private ExplanationWork work(Segments segments, BatchSource data) {
    NodeLayer last = segments.layers().get(segments.layers().size() - 1);
    return ExplanationWork.of(
        listener,
        PassCosts.measure(segments, data),
        settings,
        data.batchesPerEpoch(),
        last.features());
  }

  /** Of the basis of graph and communities. */
  private InteractionBasis own(ExplanationWork work) {
    InteractionConfiguration how = settings.configuration();
    return new InteractionBasis(how).listener(work.analysis(how));
  }

  /** What is computed while the network is cut; the basis of graph and communities comes first. */
  private record InBases(
      Map<BasisKind, InteractionResult> results,
      TopData top,
      Map<BasisKind, PartShares> parts,
      BasisComparison comparison,
      Optional<EdgeComparison> edges) {}

  private InBases inBases(
      Segments segments, BatchSource data, ExplanationWork work, InteractionResult own) {
    Map<BasisKind, InteractionResult> results = new LinkedHashMap<>();
    results.put(settings.basis(), own);
    TopData top = TopData.find(segments, own, data, TOP, work.hearing(ExplanationWork.TOP));
    for (InteractionConfiguration other : settings.others()) {
      results.put(
          other.basis(),
          new InteractionBasis(other).listener(work.analysis(other)).compute(segments, data));
    }
    Map<BasisKind, PartShares> parts =
        settings.parts().isEmpty()
            ? Map.of()
            : PartShares.measure(
                segments, results, data, settings.parts(), work.hearing(ExplanationWork.PARTS));
    Function<AnalysisListener, Ablation> ablations = heard -> new Ablation(segments, data, heard);
    BasisComparison comparison =
        BasisComparison.measure(ablations, byLayer(results), settings.tolerance(), work::ablation);
    Optional<EdgeComparison> edges =
        settings.countsEdges()
            ? Optional.of(
                EdgeComparison.measure(
                    ablations, results, settings.tolerance(), work::trialOfEdges))
            : Optional.empty();
    return new InBases(results, top, parts, comparison, edges);
  }

  /**
   * By layer without the last, all bases that are compared; principal components and neurons are.
   */
  private List<Map<BasisKind, LayerBasis>> byLayer(Map<BasisKind, InteractionResult> results) {
    List<LayerBasis> own = results.get(settings.basis()).layers();
    Map<BasisKind, List<LayerBasis>> bases = new LinkedHashMap<>();
    bases.put(settings.basis(), own);
    results.forEach(
        (kind, result) -> {
          if (kind.usesNextLayer()) {
            bases.put(kind, result.layers());
          }
        });
    bases.putIfAbsent(BasisKind.SVD, own.stream().map(LayerBasis::principal).toList());
    bases.putIfAbsent(BasisKind.NEURON, own.stream().map(LayerBasis::neurons).toList());
    List<Map<BasisKind, LayerBasis>> all = new ArrayList<>();
    for (int l = 0; l + 1 < own.size(); l++) {
      Map<BasisKind, LayerBasis> layer = new LinkedHashMap<>();
      for (Map.Entry<BasisKind, List<LayerBasis>> entry : bases.entrySet()) {
        layer.put(entry.getKey(), entry.getValue().get(l));
      }
      all.add(layer);
    }
    return all;
  }

  private Explanation explanation(
      Module model, BatchSource data, InBases found, ExplanationWork work) {
    InteractionResult result = found.results().get(settings.basis());
    Modularity modularity = new Modularity(settings.modularity());
    Map<BasisKind, Communities> compared = new LinkedHashMap<>();
    Map<BasisKind, List<Communities>> sweeps = new LinkedHashMap<>();
    found
        .results()
        .forEach(
            (kind, own) -> {
              InteractionGraph graph = InteractionGraph.of(own, settings.modularity());
              if (kind != settings.basis()) {
                compared.put(kind, modularity.find(graph));
              }
              sweeps.put(kind, modularity.sweep(graph, settings.resolutions()));
            });
    DegeneracyReport degeneracy =
        new Degeneracy(Degeneracy.DEFAULT_TOLERANCE)
            .measure(model, data, work.hearing(ExplanationWork.DEGENERACY));
    return new Explanation(
        result,
        found.comparison(),
        found.edges(),
        modularity.find(result),
        compared,
        sweeps,
        found.parts(),
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
}
