package io.github.steelyard.robust;

import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

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
 * <p>A state dict of a pruned model loads into a fresh one after {@link #fit}.
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
    List<ChannelChain> chains = new ArrayList<>(chains(model));
    chains.removeIf(chain -> !chosen.contains(chain.producer()));
    if (chains.isEmpty()) {
      throw new IllegalArgumentException(
          "no layer of "
              + configuration.layers()
              + " in "
              + model
              + " has filters that only one other layer sees; there are: "
              + chains(model).stream().map(ChannelChain::producer).toList());
    }
    Scope.withoutGradient(
        () -> {
          Map<ChannelChain, Tensor> kept = new LinkedHashMap<>();
          chains.forEach(chain -> kept.put(chain, kept(model, chain)));
          kept.forEach((chain, indices) -> new ChannelRemoval(model, chain).keep(indices));
        });
    return model;
  }

  /**
   * Gives a fresh model the sizes that a pruned one has in its state dict, so that it can be
   * loaded. A layer whose consumer has other sizes in the state dict stays as it is.
   *
   * @param model the model as it was before pruning, changed in place; its values do not matter
   * @param state the pruned model's state dict, with masks and other parametrizations or without;
   *     layers that it lacks stay as they are
   * @return what was taken away, such as {@code conv2: 4 of 32 channels}; empty if nothing was
   */
  public static List<String> fit(Module model, Map<String, Tensor> state) {
    List<String> changes = new ArrayList<>();
    Scope.withoutGradient(
        () -> {
          for (ChannelChain chain : chains(model)) {
            long filters = filters(model, chain);
            long saved = size(state, chain.producer(), 0);
            long consumed = size(state, chain.consumer(), 1);
            long each =
                ChannelRemoval.weight(model.getSubmodule(chain.consumer())).shape()[1] / filters;
            if (saved > 0 && saved < filters && consumed == saved * each) {
              new ChannelRemoval(model, chain).keep(torch.arange(new Scalar(saved)));
              changes.add("%s: %,d of %,d channels".formatted(chain.producer(), saved, filters));
            }
          }
        });
    return changes;
  }

  /** A size of a layer's weight in a state dict; 0 if there is none. */
  private static long size(Map<String, Tensor> state, String path, int dimension) {
    Tensor weight = state.get(path + ".weight");
    if (weight == null) {
      weight = state.get(path + ".parametrizations.weight.original");
    }
    return weight == null || weight.dim() <= dimension ? 0 : weight.size(dimension);
  }

  /** The chains of a model between plain layers, with paths from the model. */
  static List<ChannelChain> chains(Module model) {
    List<ChannelChain> chains = new ArrayList<>();
    Map<String, Module> modules = model.namedModules();
    modules.forEach(
        (path, module) -> {
          if (module instanceof InnerChannels inner) {
            inner.channelChains().stream()
                .map(chain -> chain.within(path))
                .filter(chain -> isPlain(modules, chain))
                .forEach(chains::add);
          }
        });
    return chains;
  }

  /** Whether filters can be taken out: a convolution of several groups ties its channels. */
  private static boolean isPlain(Map<String, Module> modules, ChannelChain chain) {
    return ChannelRemoval.layers(modules, chain).stream()
        .allMatch(
            path ->
                modules.get(path) instanceof Linear
                    || (modules.get(path) instanceof Conv2d layer
                        && (chain.between().contains(path)
                            ? layer.isDepthwise()
                            : layer.configuration().groups() == 1)));
  }

  private static long filters(Module model, ChannelChain chain) {
    return ChannelRemoval.weight(model.getSubmodule(chain.producer())).tensor().size(0);
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
