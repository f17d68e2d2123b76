package io.github.steelyard.cli;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.interaction.Ablation;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.Degeneracy;
import io.github.steelyard.interaction.DegeneracyReport;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.LayerBasis;
import io.github.steelyard.interaction.LayerDegeneracy;
import io.github.steelyard.interaction.Modularity;
import io.github.steelyard.interaction.Modules;
import io.github.steelyard.interaction.NetworkReduction;
import io.github.steelyard.interaction.NodeLayer;
import io.github.steelyard.interaction.ReducedLayer;
import io.github.steelyard.interaction.Reduction;
import io.github.steelyard.interaction.Sections;
import io.github.steelyard.interaction.StageListener;
import io.github.steelyard.interaction.TopData;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What was found out about a network.
 *
 * @param result bases and edges
 * @param comparison what can be removed, in several bases
 * @param edges which edges are needed, in several bases; empty if that was not asked for
 * @param modules groups of basis vectors
 * @param top the data at which coordinates are largest
 * @param degeneracy how many parameters are free
 * @param smaller what a smaller equivalent network would be
 */
record Explanation(
    InteractionResult result,
    BasisComparison comparison,
    Optional<EdgeComparison> edges,
    Modules modules,
    TopData top,
    DegeneracyReport degeneracy,
    Smaller smaller) {
  private static final int TOP = 4;

  /** What a pass for bases or edges costs, compared with running the network once. */
  private static final long BACKWARD = 5;

  /**
   * A smaller equivalent network, or why there is none.
   *
   * @param reduction what was removed, or null
   * @param refusal why nothing could be, or empty
   */
  record Smaller(Reduction reduction, String refusal) {
    String sentence() {
      return reduction == null
          ? "not reduced: " + refusal
          : String.format(
              Locale.ROOT,
              "%,d of %,d parameters are left in an equivalent network; outputs differ by at most"
                  + " %.1e of %s",
              reduction.parametersAfter(),
              reduction.parametersBefore(),
              reduction.largestDifference(),
              Numbers.brief(reduction.largestOutput()));
    }
  }

  /**
   * Looks into a network, which is as it was afterwards.
   *
   * @param cuts where to cut it
   * @param data what its activations are computed from
   * @param folder keeps the stages, so that an interrupted analysis goes on where it was
   * @throws IOException if a stage cannot be read or written
   * @throws UsageException if the network cannot be cut there
   */
  static Explanation of(
      Module model,
      List<String> cuts,
      DataLoader data,
      ExplanationSettings settings,
      Path folder,
      Output output)
      throws IOException {
    Tensor sample = sample(data);
    Explanation explanation;
    try (Sections sections = UsageException.unless(() -> Sections.open(model, cuts, sample))) {
      explanation = inBases(sections, data, settings, folder, output);
    }
    return explanation.withDegeneracy(model, data, output);
  }

  private static Tensor sample(DataLoader data) {
    try (BatchStream batches = data.epoch(0, 0)) {
      return Scope.compute(
          () -> {
            Batch batch = batches.next();
            return Scope.keep(batch.inputs().narrow(0, 0, Math.min(4, batch.size())).clone());
          });
    }
  }

  /** Turns batches of passes that cost more or less into steps of one progress. */
  private static final class Work {
    private final Progress progress;
    private long done;

    Work(Progress progress) {
      this.progress = progress;
    }

    StageListener costing(long steps) {
      return (stage, batch, total) -> {
        progress.task(stage);
        done += steps;
        progress.update(done, "batch " + batch + " of " + total);
      };
    }
  }

  private static Explanation inBases(
      Sections sections, DataLoader data, ExplanationSettings settings, Path folder, Output output)
      throws IOException {
    long batches = data.batchesPerEpoch();
    try (Progress progress =
        Progress.start(output.err(), batches * passes(sections.layers(), settings))) {
      Work work = new Work(progress);
      InteractionConfiguration own = settings.configuration();
      StageListener backward = work.costing(BACKWARD);
      InteractionResult result =
          new InteractionBasis(own).listener(backward).compute(sections, data, folder);
      TopData top = TopData.find(sections, result, data, TOP, work.costing(1));
      Map<String, List<LayerBasis>> bases = new LinkedHashMap<>();
      bases.put(name(settings.basis()), result.layers());
      for (InteractionConfiguration other : settings.others()) {
        bases.put(
            name(other.basis()),
            new InteractionBasis(other).listener(backward).bases(sections, data));
      }
      bases.putIfAbsent(
          name(BasisKind.SVD), result.layers().stream().map(LayerBasis::principal).toList());
      bases.putIfAbsent(
          name(BasisKind.NEURON), result.layers().stream().map(LayerBasis::neurons).toList());
      BasisComparison comparison =
          BasisComparison.measure(
              listener -> new Ablation(sections, data, listener),
              byLayer(bases, result.layers().size() - 1),
              settings.tolerance(),
              work::costing);
      Optional<EdgeComparison> edges =
          settings.countsEdges()
              ? Optional.of(edges(sections, data, settings, result, work))
              : Optional.empty();
      Modules modules = new Modularity(settings.modularity()).find(result);
      return new Explanation(result, comparison, edges, modules, top, null, null);
    }
  }

  private static EdgeComparison edges(
      Sections sections,
      DataLoader data,
      ExplanationSettings settings,
      InteractionResult result,
      Work work)
      throws IOException {
    Map<String, InteractionResult> results = new LinkedHashMap<>();
    results.put(name(settings.basis()), result);
    for (InteractionConfiguration other : settings.othersWithEdges()) {
      results.put(
          name(other.basis()),
          new InteractionBasis(other).listener(work.costing(BACKWARD)).compute(sections, data));
    }
    return EdgeComparison.measure(
        listener -> new Ablation(sections, data, listener),
        results,
        settings.tolerance(),
        work::costing);
  }

  private static List<Map<String, LayerBasis>> byLayer(
      Map<String, List<LayerBasis>> bases, int layers) {
    List<Map<String, LayerBasis>> all = new ArrayList<>();
    for (int l = 0; l < layers; l++) {
      Map<String, LayerBasis> own = new LinkedHashMap<>();
      for (Map.Entry<String, List<LayerBasis>> entry : bases.entrySet()) {
        own.put(entry.getKey(), entry.getValue().get(l));
      }
      all.add(own);
    }
    return all;
  }

  private static long passes(List<NodeLayer> layers, ExplanationSettings settings) {
    int sections = layers.size() - 1;
    int others = settings.others().size();
    long passes = 1 + BACKWARD * (2 + 2L * sections) + BACKWARD * others * (2 + sections);
    long bases = 3L + others;
    for (NodeLayer layer : layers.subList(0, sections)) {
      passes += bases * BasisComparison.passes(layer.width());
    }
    if (settings.countsEdges()) {
      int more = settings.othersWithEdges().size();
      passes += BACKWARD * more * (2 + 2L * sections);
      for (int s = 0; s < sections; s++) {
        passes += (1 + more) * EdgeComparison.passes(layers.get(s), layers.get(s + 1));
      }
    }
    return passes;
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

  private Explanation withDegeneracy(Module model, DataLoader data, Output output) {
    try (Progress progress = Progress.start(output.err(), data.batchesPerEpoch())) {
      StageListener listener = new Work(progress).costing(1);
      DegeneracyReport report =
          new Degeneracy(Degeneracy.DEFAULT_TOLERANCE).measure(model, data, listener);
      return new Explanation(result, comparison, edges, modules, top, report, reduced(model, data));
    }
  }

  /** The reduced layers are taken out again: what was looked into stays as it was. */
  private static Smaller reduced(Module model, DataLoader data) {
    Map<String, Module> before = new LinkedHashMap<>(model.namedModules());
    try {
      Reduction reduction =
          new NetworkReduction(NetworkReduction.DEFAULT_TOLERANCE).reduce(model, data);
      for (ReducedLayer layer : reduction.layers()) {
        model.setSubmodule(layer.producer(), before.get(layer.producer()));
        model.setSubmodule(layer.consumer(), before.get(layer.consumer()));
      }
      return new Smaller(reduction, "");
    } catch (IllegalArgumentException e) {
      return new Smaller(null, e.getMessage());
    }
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
    values.put("module_sizes", modules.sizes().stream().filter(size -> size > 1).toList());
    values.put("modularity", modules.q());
    values.put("random_modularity", modules.randomQ());
    values.put("weight_inside_modules", modules.inside());
    values.put("modularity_above_random", Numbers.finite(modules.q() - modules.meanRandomQ()));
    values.put("ablation", comparison.toJson());
    edges.ifPresent(own -> values.put("edges", own.toJson()));
    values.put("needed", neededToJson());
    values.put("degeneracy", degeneracy);
    values.put(
        "ranks_limited_by_samples",
        degeneracy.limitedByData().stream().map(LayerDegeneracy::name).toList());
    values.put(
        "effective_share", (double) degeneracy.effectiveParameters() / degeneracy.parameters());
    values.put("reduction", reductionToJson());
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
        values.put(kind.name().toLowerCase(Locale.ROOT), neededToJson(own, kind));
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

  private Map<String, Object> reductionToJson() {
    if (smaller.reduction() == null) {
      return Map.of("refused", smaller.refusal());
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("layers", smaller.reduction().layers());
    values.put("parameters_before", smaller.reduction().parametersBefore());
    values.put("parameters_after", smaller.reduction().parametersAfter());
    values.put("largest_difference", smaller.reduction().largestDifference());
    values.put("largest_output", smaller.reduction().largestOutput());
    return values;
  }
}
