package io.github.steelyard.robust;

import io.github.steelyard.nn.BatchNorm;
import io.github.steelyard.nn.BatchNorm1d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.SqueezeExcite;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Takes channels out of the layers of a chain: smaller layers take the places of the old ones. */
final class ChannelRemoval {
  private final Module model;
  private final ChannelChain chain;

  ChannelRemoval(Module model, ChannelChain chain) {
    this.model = model;
    this.chain = chain;
  }

  /** The weight of a layer that can be in a chain. */
  static Parameter weight(Module layer) {
    return layer instanceof Conv2d convolution ? convolution.weight() : ((Linear) layer).weight();
  }

  /** The paths of the layers with weights that lose channels. */
  static List<String> layers(Map<String, Module> modules, ChannelChain chain) {
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

  /** Keeps some channels, int64 indices in their order. */
  void keep(Tensor indices) {
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
