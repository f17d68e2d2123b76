package io.github.steelyard.robust;

import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.export.ExportableWeight;
import io.github.steelyard.robust.PruningConfiguration.Ranking;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Magnitude pruning: the smallest weights become zero, by a {@link PruningMask} on each weight (Han
 * et al., "Learning both weights and connections for efficient neural networks", NeurIPS 2015). The
 * magnitude is that of the weight the layer sees, so that it follows what a parametrization (such
 * as a compander) makes of the stored one. What is pruned stays pruned when a model is pruned
 * again.
 *
 * <p>Exactly {@code round(sparsity · weights)} weights are pruned, ties by position. Make the
 * optimizer after {@link #prepare}, which renames the parameters.
 *
 * <pre>{@code
 * Module pruned = new MagnitudePruning(PruningConfiguration.global(0.9)).apply(model);
 * }</pre>
 *
 * <p>Cost: a selection over the weights, in memory twice their size. A masked model computes as
 * slowly as a dense one; for less work remove filters with {@link StructuredPruning}.
 */
public final class MagnitudePruning implements ModelTransform {
  private final PruningConfiguration configuration;

  /**
   * Creates the transform.
   *
   * @param configuration which weights
   */
  public MagnitudePruning(PruningConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Puts masks that keep everything on the weights that this configuration prunes, so that
   * parameters have their final names before an optimizer or a checkpoint sees them.
   *
   * @param model the model, changed in place
   * @return the same model
   * @throws IllegalArgumentException if a pattern matches no layer, or a weight is quantized
   *     already; the model is then unchanged
   */
  public Module prepare(Module model) {
    Map<String, Parameter> weights = weights(model);
    weights.forEach(MagnitudePruning::requireUnquantized);
    for (Parameter weight : weights.values()) {
      if (mask(weight).isEmpty()) {
        Scope.withoutGradient(
            () ->
                weight.parametrize(
                    new PruningMask(torch.ones_like(weight.tensor()).to(ScalarType.Bool))));
      }
    }
    return model;
  }

  /**
   * Prunes a model in place, once, to the configuration's sparsity.
   *
   * @param model the model
   * @return the same model, with masks
   * @throws IllegalArgumentException if a pattern matches no layer, a weight is quantized or not
   *     finite, or a layer would lose all its weights; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    return prune(model, configuration.sparsity());
  }

  /**
   * Puts masks on the weights that this configuration prunes which keep their zeros at zero: for a
   * model that was pruned before and whose masks were multiplied into its weights.
   *
   * @param model the model, changed in place
   * @return the same model, with masks
   * @throws IllegalArgumentException if a pattern matches no layer, or a weight is quantized
   *     already; the model is then unchanged
   */
  public Module keepZeros(Module model) {
    Map<String, Parameter> weights = weights(model);
    Map<String, Tensor> kept = new LinkedHashMap<>();
    Scope.withoutGradient(
        () -> {
          weights.forEach((path, weight) -> kept.put(path, weight.value().ne(new Scalar(0.0))));
          prepare(model);
          kept.forEach((path, mask) -> mask(weights.get(path)).orElseThrow().keep(mask));
        });
    return model;
  }

  /**
   * Whether a model is as sparse as the configuration asks for, with or without masks, up to the
   * one weight of each layer that a share of a layer's weights may be rounded by.
   *
   * @param model the model
   * @return true if so many of the weights that this configuration prunes are zero
   * @throws IllegalArgumentException if a pattern matches no layer
   */
  public boolean isReached(Module model) {
    long zeros = 0;
    long all = 0;
    Map<String, Parameter> weights = weights(model);
    for (Parameter weight : weights.values()) {
      zeros +=
          Scope.computeWithoutGradient(() -> weight.value().eq(new Scalar(0.0)).sum().item_long());
      all += weight.tensor().numel();
    }
    return zeros >= Math.round(configuration.sparsity() * all) - weights.size();
  }

  /** Prunes to another sparsity than the configuration's. */
  Module prune(Module model, double sparsity) {
    Map<String, Parameter> weights = weights(model);
    weights.forEach(MagnitudePruning::requireUnquantized);
    Scope.withoutGradient(
        () -> {
          Map<String, Tensor> kept =
              configuration.ranking() == Ranking.GLOBAL
                  ? global(weights, sparsity)
                  : layerWise(weights, sparsity);
          kept.forEach((path, mask) -> requireSome(path, mask, sparsity));
          prepare(model);
          kept.forEach((path, mask) -> mask(weights.get(path)).orElseThrow().keep(mask));
        });
    return model;
  }

  /** The weights that are pruned, by the layer's path. */
  Map<String, Parameter> weights(Module model) {
    return ChosenLayers.of(model, configuration.layers(), configuration.except());
  }

  /** The mask of a weight, if it has one. */
  static Optional<PruningMask> mask(Parameter weight) {
    return weight.parametrizations().stream()
        .filter(PruningMask.class::isInstance)
        .map(PruningMask.class::cast)
        .findFirst();
  }

  private static void requireUnquantized(String path, Parameter weight) {
    List<Parametrization> maps = weight.parametrizations();
    boolean quantized = maps.stream().anyMatch(ExportableWeight.class::isInstance);
    if (quantized && mask(weight).isEmpty()) {
      throw new IllegalArgumentException(
          "the weight of '" + path + "' is quantized already; prune first, then quantize");
    }
    if (maps.stream().anyMatch(PruningScores.class::isInstance)) {
      throw new IllegalArgumentException(
          "the weight of '"
              + path
              + "' is pruned by scores; finish them first (ScorePruning.finish)");
    }
  }

  /** Magnitudes; what is pruned already comes before everything else. */
  private static Tensor magnitude(String path, Parameter weight) {
    Tensor value = weight.tensor();
    for (Parametrization map : weight.parametrizations()) {
      if (map instanceof ExportableWeight) {
        break; // Behind a quantizer many weights have the same size.
      }
      // A sample would make the sizes a matter of chance.
      value = map instanceof HardConcreteGate gate ? gate.evaluated(value) : map.forward(value);
    }
    Tensor size = value.abs().reshape(-1);
    if (!size.isfinite().all().item_bool()) {
      throw new IllegalArgumentException(
          "the weight of '"
              + path
              + "' holds NaN or infinite values, so it has no smallest ones; was the training"
              + " stable?");
    }
    return mask(weight)
        .map(m -> size.masked_fill(m.mask().tensor().reshape(-1).logical_not(), new Scalar(-1.0)))
        .orElse(size);
  }

  private static Map<String, Tensor> layerWise(Map<String, Parameter> weights, double sparsity) {
    Map<String, Tensor> kept = new LinkedHashMap<>();
    weights.forEach(
        (path, weight) ->
            kept.put(path, largest(magnitude(path, weight), sparsity).reshape(weight.shape())));
    return kept;
  }

  private static Map<String, Tensor> global(Map<String, Parameter> weights, double sparsity) {
    TensorVector parts = new TensorVector();
    weights.forEach((path, weight) -> parts.push_back(magnitude(path, weight)));
    Tensor all = largest(torch.cat(parts, 0), sparsity);
    Map<String, Tensor> kept = new LinkedHashMap<>();
    long from = 0;
    for (Map.Entry<String, Parameter> entry : weights.entrySet()) {
      long size = entry.getValue().tensor().numel();
      kept.put(entry.getKey(), all.narrow(0, from, size).reshape(entry.getValue().shape()));
      from += size;
    }
    return kept;
  }

  /** True for all but the round(sparsity · n) smallest values. */
  private static Tensor largest(Tensor magnitudes, double sparsity) {
    long count = Math.round(sparsity * magnitudes.numel());
    Tensor kept = torch.ones_like(magnitudes).to(ScalarType.Bool);
    if (count > 0) {
      Tensor smallest = magnitudes.topk(count, 0, false, false).get1();
      kept.index_fill_(0, smallest, new Scalar(0.0));
    }
    return kept;
  }

  private void requireSome(String path, Tensor kept, double sparsity) {
    if (kept.any().item_bool()) {
      return;
    }
    boolean global = configuration.ranking() == Ranking.GLOBAL;
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "at a sparsity of %s the layer '%s' would lose all its %,d weights, so that nothing"
                + " passes it; %s",
            sparsity,
            path,
            kept.numel(),
            global
                ? "prune less, rank within layers (layer), or leave it out with except"
                : "prune less, or leave it out with except"));
  }
}
