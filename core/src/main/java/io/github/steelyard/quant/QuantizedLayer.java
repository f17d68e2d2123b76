package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import java.util.Optional;

/** A layer with one weight that is latent while it is trained and packed integers afterwards. */
public sealed interface QuantizedLayer permits QuantizedModule, QueryKeyProduct {
  /**
   * The weight and its quantizer.
   *
   * @return the weight; empty once the layer was converted, or if its weight is not quantized
   */
  Optional<QuantizedWeight> quantizedWeight();

  /**
   * The weight as integers.
   *
   * @return the packed weight; empty before the layer is converted
   */
  Optional<PackedWeight> packedWeight();

  /**
   * The same layer with integers in the place of the latent weight.
   *
   * @return a new module that shares everything else with this one
   */
  Module convert();
}
