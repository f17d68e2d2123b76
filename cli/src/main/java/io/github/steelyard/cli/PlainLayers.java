package io.github.steelyard.cli;

import io.github.steelyard.incremental.ClassifierHead;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.quant.QuantizedLinear;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;

/** Linear layers as they were before they were prepared, with the weights that they have now. */
final class PlainLayers {
  private PlainLayers() {}

  /** Puts a plain layer in the place of each quantized linear layer that stands on its own. */
  static void replaceIn(Module model) {
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof QuantizedLinear quantized && isStandalone(model, path)) {
                model.setSubmodule(path, of(quantized));
              }
            });
  }

  /** Parts of an attention belong to it. */
  private static boolean isStandalone(Module model, String path) {
    int dot = path.lastIndexOf('.');
    String owner = dot < 0 ? "" : path.substring(0, dot);
    return !model
        .getSubmodule(owner)
        .getClass()
        .getPackage()
        .equals(QuantizedLinear.class.getPackage());
  }

  /**
   * Makes the last layer of a trained network one that can grow: without mask and quantizer, which
   * are made for as many rows as there are. What lies below them is taken off all layers.
   *
   * @param plain a network of the same kind with nothing on its weights, which says where the last
   *     layer is
   */
  static void openHead(Module model, Module plain) {
    RecipeWeights.materializeBelowMasks(model);
    String path = ClassifierHead.of(plain).path();
    Module head = model.getSubmodule(path);
    if (head instanceof QuantizedLinear quantized) {
      model.setSubmodule(path, of(quantized));
    } else {
      head.ownParameters().values().forEach(Parameter::materialize);
    }
  }

  private static Linear of(QuantizedLinear quantized) {
    return Scope.computeWithoutGradient(
        () -> {
          Parameter weight = quantized.ownParameters().get("weight");
          Linear plain =
              new Linear(
                  quantized.inFeatures(), quantized.outFeatures(), quantized.bias().isPresent());
          plain.to(Device.of(weight.tensor()));
          plain.weight().assign(weight.value());
          quantized.bias().ifPresent(bias -> plain.bias().orElseThrow().assign(bias.value()));
          return plain;
        });
  }
}
