package io.github.steelyard.robust;

import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Removes whole filters (Li et al., "Pruning filters for efficient convnets", ICLR 2017): of each
 * layer the {@code round(rate · filters)} filters of the smallest Euclidean norm are taken out,
 * with their batch normalization and the next layer's inputs, so that the model becomes smaller and
 * faster. Hidden units of a linear layer count as filters.
 *
 * <p>Only channels that one layer makes and one layer takes can go: those between the layers of a
 * {@link io.github.steelyard.nn.Sequential} or a multilayer perceptron, and those inside residual
 * blocks. A depthwise convolution or a {@link io.github.steelyard.nn.SqueezeExcite} between the two
 * loses the same channels. What a removed channel contributed, such as the shift of its
 * normalization, is lost: train further afterwards, with an optimizer made after this transform.
 *
 * <p>A state dict of a pruned model loads into a fresh one after {@link ChannelRemoval#fit}.
 */
public final class StructuredPruning implements ModelTransform {
  private final StructuredPruningConfiguration configuration;

  /**
   * Creates the transform.
   *
   * @param configuration which filters
   */
  public StructuredPruning(StructuredPruningConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Removes filters in place.
   *
   * @param model the model
   * @return the same model, smaller
   * @throws IllegalArgumentException if no chosen layer can lose filters, one would lose all of
   *     them, or a weight is parametrized or not finite; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    Set<String> chosen = LayerWeights.matching(model, configuration.layers()).keySet();
    List<ChannelChain> chains = new ArrayList<>(ChannelRemoval.chains(model));
    chains.removeIf(chain -> !chosen.contains(chain.producer()));
    if (chains.isEmpty()) {
      throw new IllegalArgumentException(
          "no layer of "
              + configuration.layers()
              + " in "
              + model
              + " has filters that only one other layer sees; there are: "
              + ChannelRemoval.chains(model).stream().map(ChannelChain::producer).toList());
    }
    Scope.withoutGradient(
        () -> {
          Map<ChannelChain, Tensor> kept = new LinkedHashMap<>();
          chains.forEach(chain -> kept.put(chain, kept(model, chain)));
          kept.forEach((chain, indices) -> new ChannelRemoval(model, chain).keep(indices));
        });
    return model;
  }

  /** The indices of the filters that stay, in their order. */
  private Tensor kept(Module model, ChannelChain chain) {
    for (String path : ChannelRemoval.layers(model.namedModules(), chain)) {
      Parameter weight = ChannelRemoval.weight(model.getSubmodule(path));
      if (!weight.parametrizations().isEmpty()) {
        throw new IllegalArgumentException(
            "the weight of '"
                + path
                + "' has parametrizations ("
                + weight
                + "); materialize them before filters are removed");
      }
    }
    Tensor weight = ChannelRemoval.weight(model.getSubmodule(chain.producer())).value();
    long filters = weight.size(0);
    long stay = filters - Math.round(configuration.rate() * filters);
    if (stay < 1) {
      throw new IllegalArgumentException(
          "at a rate of "
              + configuration.rate()
              + " the layer '"
              + chain.producer()
              + "' would lose all its "
              + filters
              + " filters, so that nothing passes it; remove fewer, or leave it out of layers");
    }
    Tensor norms = weight.flatten(1, -1).square().sum(1);
    if (!norms.isfinite().all().item_bool()) {
      throw new IllegalArgumentException(
          "the weight of '" + chain.producer() + "' holds NaN or infinite values");
    }
    return norms.topk(stay, 0, true, false).get1().sort().get0();
  }
}
