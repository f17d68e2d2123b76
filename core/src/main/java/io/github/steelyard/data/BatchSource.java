package io.github.steelyard.data;

/**
 * Batches, epoch by epoch. The order and the augmentation of an epoch depend only on its number and
 * the source's own configuration, so that a run resumes in the middle of an epoch without saved
 * state. A training loop takes any source.
 */
public interface BatchSource {
  /**
   * The number of batches in each epoch.
   *
   * @return at least 1
   */
  int batchesPerEpoch();

  /**
   * Starts an epoch.
   *
   * @param epoch the epoch's number, from 0
   * @param firstBatch how many batches to skip, from 0 to {@link #batchesPerEpoch()}
   * @return the batches from there on
   */
  BatchStream epoch(long epoch, int firstBatch);
}
