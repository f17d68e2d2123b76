package io.github.steelyard.robust;

import io.github.steelyard.nn.Buffer;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Sets pruned weights to zero: {@code value = v · mask}. The stored tensor keeps its values, its
 * gradient is zero where the mask is. The buffer {@code mask} (one byte a weight, 1 = kept) is
 * saved with the model, under PyTorch's name {@code parametrizations.weight.<i>.mask}.
 *
 * <p>It belongs after parametrizations that map weights one by one (the magnitude that counts is
 * that of their result) and before a quantizer. A quantizer without a level at zero, such as
 * StatsQ, would move the zeros again and refuses masked weights; LSQ keeps them.
 *
 * <p>{@link io.github.steelyard.nn.Parameter#materialize} multiplies the mask in, which makes the
 * dense checkpoint.
 */
public final class PruningMask extends Parametrization {
  private final Buffer mask;

  /**
   * A mask.
   *
   * @param kept which weights are kept, truth values of the weight's shape; copied
   * @throws IllegalArgumentException if the values are no truth values
   */
  public PruningMask(Tensor kept) {
    if (kept.scalar_type().intern() != ScalarType.Bool) {
      throw new IllegalArgumentException(
          "a mask holds truth values, but is of type " + kept.scalar_type().intern());
    }
    mask = buffer("mask", Scope.computeWithoutGradient(() -> kept.clone()));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the weight is not of the mask's shape: a mask of one row
   *     would else be repeated for the rows of a larger layer
   */
  @Override
  public Tensor forward(Tensor value) {
    requireShape(value);
    return value.mul(mask.tensor());
  }

  @Override
  public boolean isElementwise() {
    return true;
  }

  /**
   * Which weights are kept.
   *
   * @return the live buffer, truth values of the weight's shape
   */
  public Buffer mask() {
    return mask;
  }

  /**
   * How many weights are kept.
   *
   * @return at least 0
   */
  public long kept() {
    return Scope.computeWithoutGradient(() -> mask.tensor().sum().item_long());
  }

  /** Pruned weights stay zero. */
  @Override
  public boolean holdsZeros() {
    return true;
  }

  /** Prunes all others too; what is pruned stays pruned. */
  void keep(Tensor kept) {
    requireShape(kept);
    Scope.withoutGradient(() -> mask.tensor().logical_and_(kept));
  }

  private void requireShape(Tensor other) {
    if (!Arrays.equals(other.shape(), mask.tensor().shape())) {
      throw new IllegalArgumentException(
          "the mask has shape "
              + Arrays.toString(mask.tensor().shape())
              + ", not "
              + Arrays.toString(other.shape()));
    }
  }
}
