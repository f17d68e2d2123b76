package io.github.steelyard.quant;

import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ends quantization-aware training: the latent weights of a prepared model give way to packed
 * integers ({@link PackedWeight}). Its outputs in evaluation mode stay the same, bit for bit; its
 * weights cannot be trained any more. Activations are still quantized as before.
 */
public final class ConvertQuantization implements ModelTransform {
  /** Creates the transform. */
  public ConvertQuantization() {}

  /**
   * Converts a model in place and sets it to evaluation mode.
   *
   * @param model the prepared model; if it is itself a quantized layer, use the result
   * @return the converted model
   * @throws IllegalArgumentException if the model has no quantized layer, was converted before, or
   *     has a weight that is NaN or infinite; it is then unchanged
   */
  @Override
  public Module apply(Module model) {
    Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof QuantizedLayer layer) {
                layers.put(path, layer);
              }
            });
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(
          model + " has no quantized layer; prepare it first with PrepareQuantization");
    }
    if (layers.values().stream().anyMatch(layer -> layer.quantizedWeight().isEmpty())) {
      throw new IllegalArgumentException(model + " was converted already");
    }
    Map<String, Module> replacements = new LinkedHashMap<>();
    layers.forEach((path, layer) -> replacements.put(path, convert(path, layer)));
    Module converted = model;
    for (Map.Entry<String, Module> entry : replacements.entrySet()) {
      if (entry.getKey().isEmpty()) {
        converted = entry.getValue();
      } else {
        model.setSubmodule(entry.getKey(), entry.getValue());
      }
    }
    converted.eval();
    return converted;
  }

  /** Converts one layer, or says which one cannot be. */
  static Module convert(String path, QuantizedLayer layer) {
    try {
      Module converted = layer.convert();
      if (layer instanceof QuantizedModule before && converted instanceof QuantizedModule now) {
        before.preparedBy().ifPresent(now::setPreparedBy);
      }
      return converted;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + path + "': " + e.getMessage(), e);
    }
  }
}
