package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.run.Materialized;
import io.github.steelyard.incremental.ClassifierHead;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.quant.PlainLayers;
import io.github.steelyard.quant.QuantizedLinear;

/** The last layer of a trained network as one that can grow. */
final class OpenHead {
  private OpenHead() {}

  /**
   * Takes mask and quantizer, which are made for as many rows as there are, off the last layer.
   * What lies below them is taken off all layers.
   *
   * @param plain a network of the same kind with nothing on its weights, which says where the last
   *     layer is
   */
  static void in(Module model, Module plain) {
    Materialized.belowMasks(model);
    String path = ClassifierHead.of(plain).path();
    Module head = model.getSubmodule(path);
    if (head instanceof QuantizedLinear quantized) {
      model.setSubmodule(path, PlainLayers.of(quantized));
    } else {
      head.ownParameters().values().forEach(Parameter::materialize);
    }
  }
}
