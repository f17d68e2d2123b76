package io.github.steelyard.quant;

import org.bytedeco.pytorch.Tensor;

/**
 * A {@link WeightQuantizer} whose single integers can be held, as {@link IterativeFreezing} does: a
 * level must depend on its own weight and on learned scales alone, not on the other weights.
 */
public interface FreezableQuantizer {
  /**
   * Holds some integers fixed whatever the latent weights do: they pass no gradient to the weight,
   * and the scale sees them as constants.
   *
   * @param mask true where an integer is held, in the weight's shape; copied
   * @param integers the integers to hold, in the weight's shape; copied
   */
  void freeze(Tensor mask, Tensor integers);

  /** Lets all integers follow the latent weights again; without {@link #freeze} nothing happens. */
  void unfreeze();
}
