package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.Map;

/** Puts layers back that were about to be replaced. */
final class UndoReplacement {
  private final Module model;
  private final Map<String, Module> layers;
  private final Map<Parameter, Integer> parametrizations = new LinkedHashMap<>();
  private final Map<Module, Boolean> modes = new LinkedHashMap<>();

  /** Remembers layers as they are now. */
  UndoReplacement(Module model, Map<String, Module> layers) {
    this.model = model;
    this.layers = layers;
    for (Module layer : layers.values()) {
      layer
          .namedParameters()
          .values()
          .forEach(
              parameter -> parametrizations.put(parameter, parameter.parametrizations().size()));
      layer.namedModules().values().forEach(part -> modes.put(part, part.isTraining()));
    }
  }

  void run() {
    layers.forEach(
        (path, layer) -> {
          if (!path.isEmpty()) {
            model.setSubmodule(path, layer);
          }
        });
    modes.forEach((part, mode) -> part.train(mode));
    parametrizations.forEach(
        (parameter, count) -> {
          while (parameter.parametrizations().size() > count) {
            parameter.withdrawParametrization();
          }
        });
  }
}
