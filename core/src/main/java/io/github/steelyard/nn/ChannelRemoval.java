package io.github.steelyard.nn;

import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Takes channels out of the layers of a chain: smaller layers take the places of the old ones.
 *
 * <p>A state dict of a model that lost channels loads into a fresh one after {@link #fit}.
 */
public final class ChannelRemoval {
  private final Module model;
  private final ChannelChain chain;

  /**
   * For one chain of a model.
   *
   * @param model the model
   * @param chain one of {@link #chains}
   */
  public ChannelRemoval(Module model, ChannelChain chain) {
    this.model = model;
    this.chain = chain;
  }

  /**
   * The chains of a model between plain layers: those out of which channels can be taken.
   *
   * @param model the model
   * @return chains with paths from the model
   */
  public static List<ChannelChain> chains(Module model) {
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
    return layers(modules, chain).stream()
        .allMatch(
            path ->
                modules.get(path) instanceof Linear
                    || (modules.get(path) instanceof Conv2d layer
                        && (chain.between().contains(path)
                            ? layer.isDepthwise()
                            : layer.configuration().groups() == 1)));
  }

  /**
   * Gives a fresh model the sizes that a smaller one has in its state dict, so that it can be
   * loaded. A layer whose consumer has other sizes in the state dict stays as it is.
   *
   * @param model the model with all its channels, changed in place; its values do not matter
   * @param state the smaller model's state dict, with masks and other parametrizations or without;
   *     layers that it lacks stay as they are
   * @return what was taken away, such as {@code conv2: 4 of 32 channels}; empty if nothing was
   */
  public static List<String> fit(Module model, Map<String, Tensor> state) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    state.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return fitShapes(model, shapes);
  }

  /**
   * Like {@link #fit}, where only the shapes of the state dict are known.
   *
   * @param model the model with all its channels, changed in place; its values do not matter
   * @param shapes of the smaller model's state dict
   * @return what was taken away, such as {@code conv2: 4 of 32 channels}; empty if nothing was
   */
  public static List<String> fitShapes(Module model, Map<String, long[]> shapes) {
    List<String> changes = new ArrayList<>();
    Scope.withoutGradient(
        () -> {
          for (ChannelChain chain : chains(model)) {
            long channels = weight(model.getSubmodule(chain.producer())).shape()[0];
            long saved = size(shapes, chain.producer(), 0);
            long consumed = size(shapes, chain.consumer(), 1);
            long each = weight(model.getSubmodule(chain.consumer())).shape()[1] / channels;
            if (saved > 0 && saved < channels && consumed == saved * each) {
              new ChannelRemoval(model, chain).keep(torch.arange(new Scalar(saved)));
              changes.add("%s: %,d of %,d channels".formatted(chain.producer(), saved, channels));
            }
          }
        });
    return changes;
  }

  /** A size of a layer's weight in a state dict; 0 if there is none. */
  private static long size(Map<String, long[]> shapes, String path, int dimension) {
    long[] shape =
        shapes.getOrDefault(
            path + ".weight", shapes.get(path + ".parametrizations.weight.original"));
    return shape == null || shape.length <= dimension ? 0 : shape[dimension];
  }

  /**
   * The weight of a layer that can be in a chain.
   *
   * @param layer a {@link Conv2d} or {@link Linear}
   * @return its weight
   */
  public static Parameter weight(Module layer) {
    return layer instanceof Conv2d convolution ? convolution.weight() : ((Linear) layer).weight();
  }

  /**
   * The layers with weights that lose channels.
   *
   * @param modules the model's modules by path
   * @param chain one of {@link #chains}
   * @return paths, the producer's first
   */
  public static List<String> layers(Map<String, Module> modules, ChannelChain chain) {
    List<String> paths = new ArrayList<>(List.of(chain.producer()));
    for (String part : chain.between()) {
      if (modules.get(part) instanceof SqueezeExcite) {
        paths.add(part + "." + SqueezeExcite.REDUCE);
        paths.add(part + "." + SqueezeExcite.EXPAND);
      } else if (!(modules.get(part) instanceof BatchNorm)) {
        paths.add(part);
      }
    }
    paths.add(chain.consumer());
    return paths;
  }

  /**
   * Takes all channels out but some.
   *
   * @param indices of those that stay, int64 [k], in their order
   */
  public void keep(Tensor indices) {
    // The smaller layers draw first weights that are overwritten; nobody else shall notice.
    Tensor generator = Seeds.generatorState();
    Module producer = model.getSubmodule(chain.producer());
    long channels = weight(producer).tensor().size(0);
    Tensor own = indices.to(weight(producer).tensor().device(), indices.scalar_type());
    replace(chain.producer(), resized(producer, own.numel(), -1), 0, own, own);
    chain.between().forEach(path -> between(path, own));
    Module consumer = model.getSubmodule(chain.consumer());
    long perChannel = weight(consumer).tensor().size(1) / channels;
    Tensor inputs = own;
    if (consumer instanceof Linear) {
      Tensor offsets = torch.arange(new Scalar(perChannel)).to(own.device(), own.scalar_type());
      inputs = own.unsqueeze(1).mul(new Scalar(perChannel)).add(offsets).reshape(-1);
    }
    replace(chain.consumer(), resized(consumer, -1, inputs.numel()), 1, inputs, null);
    Seeds.restoreGenerator(generator);
  }

  /** What has something for each channel. */
  private void between(String path, Tensor own) {
    Module part = model.getSubmodule(path);
    if (part instanceof Conv2d convolution && convolution.isDepthwise()) {
      replace(path, depthwise(convolution, own.numel()), 0, own, own);
    } else if (part instanceof SqueezeExcite) {
      String reduce = path + "." + SqueezeExcite.REDUCE;
      replace(reduce, resized(model.getSubmodule(reduce), -1, own.numel()), 1, own, null);
      String expand = path + "." + SqueezeExcite.EXPAND;
      replace(expand, resized(model.getSubmodule(expand), own.numel(), -1), 0, own, own);
    } else {
      normalization(path, own);
    }
  }

  private static Conv2d depthwise(Conv2d layer, long channels) {
    Conv2dConfiguration c = layer.configuration();
    return new Conv2d(
        new Conv2dConfiguration(
            channels,
            channels,
            c.kernel(),
            c.stride(),
            c.padding(),
            c.dilation(),
            channels,
            c.bias()));
  }

  /** A layer of other sizes; -1 leaves one as it is. */
  private static Module resized(Module layer, long outputs, long inputs) {
    if (layer instanceof Linear linear) {
      return new Linear(
          inputs < 0 ? linear.inFeatures() : inputs,
          outputs < 0 ? linear.outFeatures() : outputs,
          linear.bias().isPresent());
    }
    Conv2dConfiguration c = ((Conv2d) layer).configuration();
    return new Conv2d(
        new Conv2dConfiguration(
            inputs < 0 ? c.inChannels() : inputs,
            outputs < 0 ? c.outChannels() : outputs,
            c.kernel(),
            c.stride(),
            c.padding(),
            c.dilation(),
            c.groups(),
            c.bias()));
  }

  private void replace(
      String path, Module smaller, long dimension, Tensor indices, Tensor biasIndices) {
    Module layer = model.getSubmodule(path);
    move(layer, smaller);
    take(layer.ownParameters(), smaller.ownParameters(), "weight", dimension, indices);
    if (smaller.ownParameters().containsKey("bias")) {
      take(layer.ownParameters(), smaller.ownParameters(), "bias", 0, biasIndices);
    }
    model.setSubmodule(path, smaller);
  }

  private static void move(Module layer, Module smaller) {
    Tensor old = layer.ownParameters().values().iterator().next().tensor();
    smaller.to(Device.of(old));
    smaller.to(old.scalar_type().intern());
  }

  private static void take(
      Map<String, Parameter> from,
      Map<String, Parameter> to,
      String name,
      long dimension,
      Tensor indices) {
    Tensor value = from.get(name).value();
    Tensor kept = indices == null ? value : value.index_select(dimension, indices);
    to.get(name).assign(kept);
    to.get(name).setTrainable(from.get(name).isTrainable());
  }

  private void normalization(String path, Tensor indices) {
    Module old = model.getSubmodule(path);
    if (!(old instanceof BatchNorm norm)) {
      throw new IllegalArgumentException(
          "channels cannot be taken out of '" + path + "', which is a " + old);
    }
    Module smaller =
        norm instanceof BatchNorm2d
            ? new BatchNorm2d(indices.numel(), norm.momentum(), norm.epsilon())
            : new BatchNorm1d(indices.numel(), norm.momentum(), norm.epsilon());
    replace(path, smaller, 0, indices, indices);
    Map<String, Tensor> state = old.stateDict();
    smaller
        .stateDict()
        .forEach(
            (name, tensor) -> {
              Tensor value = state.get(name);
              if (name.startsWith("running_")) {
                tensor.copy_(value.index_select(0, indices));
              } else if (name.equals("num_batches_tracked")) {
                tensor.copy_(value);
              }
            });
  }
}
