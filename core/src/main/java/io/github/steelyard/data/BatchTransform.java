package io.github.steelyard.data;

import java.util.random.RandomGenerator;

/**
 * Changes a finished batch in place, such as mixup. Loader threads share one transform, so it has
 * no state; all chance comes from the generator, which is seeded by run, epoch and batch.
 */
@FunctionalInterface
public interface BatchTransform {
  /**
   * Transforms one batch.
   *
   * @param batch the batch; the transform must not keep it
   * @param random this batch's generator
   */
  void apply(HostBatch batch, RandomGenerator random);
}
