package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * A map from a stored weight to the weight a layer sees. A {@link Parameter} with parametrizations
 * p_1 .. p_k has the value p_k(... p_1(v)), where v is the tensor that the optimizer moves. A
 * parametrization is a {@link Module}: it may own parameters (a learned scale), buffers (a mask)
 * and a training mode, and they are saved under PyTorch's names ({@code
 * parametrizations.weight.0.scale}).
 *
 * <p>{@link #forward} must be differentiable where the weight is trained; a straight-through
 * estimator is {@code v.add(quantize(v).sub(v).detach())}.
 */
public abstract class Parametrization extends Module {
  /** Creates a parametrization without parameters. */
  protected Parametrization() {}

  /**
   * The effective weight.
   *
   * @param value the weight before this parametrization
   * @return a tensor of the same shape
   */
  @Override
  public abstract Tensor forward(Tensor value);

  /**
   * Whether {@link #inverse} exists.
   *
   * @return false by default
   */
  public boolean isInvertible() {
    return false;
  }

  /**
   * Whether each entry of the effective weight depends on the same entry of the stored one alone,
   * apart from parameters and buffers of the parametrization itself: holding an entry still then
   * holds its effective weight.
   *
   * @return false by default
   */
  public boolean isElementwise() {
    return false;
  }

  /**
   * The value that this parametrization maps to an effective weight.
   *
   * @param effective the weight after this parametrization
   * @return a tensor of the same shape
   * @throws UnsupportedOperationException if there is no inverse
   */
  public Tensor inverse(Tensor effective) {
    throw new UnsupportedOperationException(getClass().getSimpleName() + " has no inverse");
  }

  /**
   * Whether the zeros that this parametrization makes must reach the layer, as those of a pruned
   * weight must. What would move them again refuses to be put behind it.
   *
   * @return false by default
   */
  public boolean holdsZeros() {
    return false;
  }
}
