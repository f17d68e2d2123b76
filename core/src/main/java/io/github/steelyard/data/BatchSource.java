package io.github.steelyard.data;

import io.github.steelyard.runtime.Scope;

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

  /**
   * Starts an epoch of which only a part of each batch is wanted. This makes each batch whole and
   * gives a part of it; a source that can make parts does.
   *
   * @param epoch the epoch's number, from 0
   * @param firstBatch how many batches to skip, from 0 to {@link #batchesPerEpoch()}
   * @param part which part of each batch
   * @return the parts of the batches from there on; empty ones where a batch has too few samples
   */
  default BatchStream epoch(long epoch, int firstBatch, Part part) {
    BatchStream whole = epoch(epoch, firstBatch);
    return part.count() == 1 ? whole : new PartStream(whole, part);
  }

  /**
   * How many samples come before a batch in each epoch. This reads them; a source that knows the
   * sizes of its batches need not.
   *
   * @param batch from 0 to {@link #batchesPerEpoch()}
   * @return the number of samples of the batches before it
   */
  default long samplesBefore(int batch) {
    long[] samples = {0};
    try (BatchStream stream = epoch(0, 0)) {
      for (int b = 0; b < batch; b++) {
        Scope.run(() -> samples[0] += stream.next().size());
      }
    }
    return samples[0];
  }
}
