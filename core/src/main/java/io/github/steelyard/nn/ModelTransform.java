package io.github.steelyard.nn;

/**
 * Changes a model between two phases of its life: prepares it for quantization, prunes it, grows
 * its head, materializes its parametrizations. A transform is immutable configuration plus this
 * method.
 */
@FunctionalInterface
public interface ModelTransform {
  /**
   * Applies the change. The model may be changed in place; use the returned one from then on.
   *
   * @param model the model to change
   * @return the changed model
   * @throws IllegalArgumentException if the model does not suit this transform; it is then
   *     unchanged
   */
  Module apply(Module model);
}
