package io.github.steelyard.robust;

import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.LayerPattern;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.SqueezeExcite;
import io.github.steelyard.nn.export.ExportableWeight;
import io.github.steelyard.robust.HardConcreteGate.Unit;
import io.github.steelyard.runtime.Device;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Puts a {@link HardConcreteGate} on chosen weights: the "smoothing distribution" of TSCNC (Feng et
 * al., 2025, arXiv 2503.20454). Train with {@link GateTraining} and a {@link
 * TransformedSparseConstraint}, then take closed channels out with {@link RemoveClosedChannels}.
 *
 * <p>Order: compand, mask, gate, then scores, then quantize. Make the optimizer afterwards: each
 * gated layer has a parameter more. Cost: one product with the weight at each forward pass.
 *
 * @param configuration which layers
 */
public record AddGates(GatesConfiguration configuration) implements ModelTransform {
  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if nothing is chosen, a chosen convolution's channels are seen
   *     by several layers, or a weight has gates, scores or a quantizer already; the model is then
   *     unchanged
   */
  @Override
  public Module apply(Module model) {
    Map<String, Unit> chosen = new LinkedHashMap<>();
    channels(model).forEach(path -> chosen.put(path, Unit.OUTPUT_CHANNEL));
    inputs(model).forEach(path -> chosen.put(path, Unit.INPUT_UNIT));
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "no layer is left to gate: every one of " + configuration.layers() + " is in except");
    }
    chosen.keySet().forEach(path -> requireFree(path, LayerWeights.of(model).get(path)));
    HardConcrete distribution = new HardConcrete(configuration.temperature());
    // A gate that is put on must not change the weight by chance before the first step.
    EvaluationMode.compute(
        model,
        () -> {
          chosen.forEach((path, unit) -> add(model.getSubmodule(path), unit, distribution));
          return null;
        });
    return model;
  }

  private void add(Module layer, Unit unit, HardConcrete distribution) {
    Parameter weight = layer.ownParameters().get("weight");
    HardConcreteGate gate =
        new HardConcreteGate(
            weight.shape()[unit.dimension()], unit, distribution, configuration.dropRate());
    gate.to(Device.of(weight.tensor()));
    gate.to(weight.tensor().scalar_type().intern());
    weight.parametrize(gate);
    Parameter bias = layer.ownParameters().get("bias");
    if (bias != null && unit == Unit.OUTPUT_CHANNEL) {
      bias.parametrize(new GatedBias(gate));
    }
  }

  /** The convolutions that are chosen and whose channels one layer takes. */
  private Set<String> channels(Module model) {
    Set<String> convolutions = new LinkedHashSet<>();
    LayerWeights.of(model)
        .keySet()
        .forEach(
            path -> {
              if (model.getSubmodule(path) instanceof Conv2d) {
                convolutions.add(path);
              }
            });
    Set<String> inner = new LinkedHashSet<>();
    closable(model).stream()
        .map(ChannelChain::producer)
        .filter(convolutions::contains)
        .forEach(inner::add);
    Set<String> chosen = new LinkedHashSet<>();
    for (String pattern : configuration.layers()) {
      List<String> named = choose(pattern, convolutions, model);
      List<String> possible = named.stream().filter(inner::contains).toList();
      if (possible.isEmpty()) {
        throw new IllegalArgumentException(
            "the output channels of "
                + named
                + " are seen by several layers (a shortcut adds them, squeeze-and-excitation mixes"
                + " them, or they have groups), so that no gate can close them; there can be gates"
                + " on "
                + inner);
      }
      chosen.addAll(possible);
    }
    configuration
        .except()
        .forEach(pattern -> chosen.removeAll(choose(pattern, convolutions, model)));
    return chosen;
  }

  /** The chains whose channels do not act on one another, so that one can go alone. */
  static List<ChannelChain> closable(Module model) {
    return ChannelRemoval.chains(model).stream()
        .filter(
            chain ->
                chain.between().stream()
                    .noneMatch(path -> model.getSubmodule(path) instanceof SqueezeExcite))
        .toList();
  }

  private static List<String> choose(String pattern, Set<String> convolutions, Module model) {
    if (convolutions.isEmpty()) {
      LayerWeights.of(model).forEach(AddGates::requireFree);
      throw new IllegalArgumentException(
          model
              + " has no convolution; for gates on the input units of linear layers name them as"
              + " inputs, such as inputs: [fc2]");
    }
    return new LayerPattern(pattern).choose(convolutions);
  }

  private Collection<String> inputs(Module model) {
    if (configuration.inputs().isEmpty()) {
      return List.of();
    }
    Set<String> chosen = LayerWeights.matching(model, configuration.inputs()).keySet();
    for (String path : chosen) {
      if (!(model.getSubmodule(path) instanceof Linear)) {
        throw new IllegalArgumentException(
            "gates on input units are for linear layers, but '"
                + path
                + "' is a "
                + model.getSubmodule(path)
                + "; a convolution has its gates on output channels (layers)");
      }
    }
    return chosen;
  }

  private static void requireFree(String path, Parameter weight) {
    Optional<Parametrization> other =
        weight.parametrizations().stream()
            .filter(
                map ->
                    map instanceof HardConcreteGate
                        || map instanceof PruningScores
                        || map instanceof ExportableWeight)
            .findFirst();
    if (other.isPresent()) {
      String remedy =
          other.get() instanceof HardConcreteGate
              ? "has gates already"
              : other.get() instanceof PruningScores
                  ? "is pruned by scores already; train the gates first, then the scores"
                  : "is quantized already; put the gates on first, then quantize";
      throw new IllegalArgumentException("the weight of '" + path + "' " + remedy);
    }
  }
}
