package io.github.steelyard.quant;

import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the linear layers of a converted model multiply integers: activations and weights are
 * bytes, sums are exact in 32 bits, scales, shifts and biases are applied to the sums.
 *
 * <pre>{@code
 * Module model = new IntegerArithmetic().apply(PackedModel.load(file));
 * }</pre>
 *
 * <p>Outputs differ from those of the float simulation by rounding, about 1e-6 of the largest,
 * until an activation at a threshold takes the other level. An input that is not finite is computed
 * as before. Products inside attentions (of queries and keys, of probabilities and values, with the
 * query-key product), convolutions and layers whose input is not quantized, or whose numbers do not
 * fit a byte, stay as they are.
 *
 * <p>For evaluation without gradients, in float32 on the processor. Costs a byte a weight of memory
 * beside the packed integers. Fast on processors with VNNI or AMX.
 */
public final class IntegerArithmetic implements ModelTransform {
  /** Creates the transform. */
  public IntegerArithmetic() {}

  /**
   * Changes a model in place.
   *
   * @param model what {@link ConvertQuantization} or {@link PackedModel} gave
   * @return the model
   * @throws IllegalArgumentException if it is not converted, has no layer that can multiply
   *     integers, or one whose sums may leave 32 bits; it is then unchanged
   */
  @Override
  public Module apply(Module model) {
    Map<QuantizedLinear, IntegerLinear> found = new LinkedHashMap<>();
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof QuantizedLinear layer && layer.packedWeight().isPresent()) {
                integers(path, layer).ifPresent(integers -> found.put(layer, integers));
              }
            });
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          model
              + " has no converted linear layer with quantized input that could multiply integers;"
              + " convert it first with ConvertQuantization");
    }
    found.forEach(QuantizedLinear::setIntegers);
    return model;
  }

  private static Optional<IntegerLinear> integers(String path, QuantizedLinear layer) {
    try {
      return IntegerLinear.of(layer.input().get(), layer.integerWeight(), layer.bias());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + path + "': " + e.getMessage(), e);
    }
  }

  /**
   * The layers that multiply integers.
   *
   * @param model any model
   * @return paths in the model's order
   */
  public static List<String> layers(Module model) {
    List<String> paths = new ArrayList<>();
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof QuantizedLinear layer && layer.multipliesIntegers()) {
                paths.add(path);
              }
            });
    return paths;
  }
}
