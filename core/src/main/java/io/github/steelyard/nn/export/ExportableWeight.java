package io.github.steelyard.nn.export;

import org.bytedeco.pytorch.Tensor;

/**
 * A parametrization whose weight is better stored in parts than as the float32 numbers it gives,
 * such as a quantizer's integers and scales. Only the last parametrization of a parameter is asked.
 */
@FunctionalInterface
public interface ExportableWeight {
  /**
   * Adds the weight that the parametrization makes.
   *
   * @param graph where to
   * @param name the parameter's name in the module that owns it
   * @param value the weight before this parametrization
   * @return the weight after it
   * @throws ExportException if the weight cannot be expressed
   */
  GraphValue export(GraphBuilder graph, String name, Tensor value);
}
