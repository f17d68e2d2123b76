package io.github.steelyard.robust;

import org.bytedeco.pytorch.Tensor;

/**
 * A number of weights whose gradient is known in closed form. Recording one product in the place of
 * each step of the formula saves most passes over the weights, forward and backward. The gradient
 * is a constant to second derivatives.
 */
final class KnownGradient {
  private KnownGradient() {}

  /**
   * Records the number.
   *
   * @param weights any shape
   * @param gradient of the number by the weights, of their shape and type, without a graph
   * @param value the number, a scalar; its type becomes the result's
   * @return a scalar with gradients recorded
   */
  static Tensor record(Tensor weights, Tensor gradient, Tensor value) {
    // The product has the wanted gradient; its value is replaced.
    Tensor product = weights.reshape(-1).dot(gradient.reshape(-1)).to(value.scalar_type().intern());
    product.detach().copy_(value);
    return product;
  }
}
