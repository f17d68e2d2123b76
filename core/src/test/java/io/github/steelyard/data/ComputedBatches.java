package io.github.steelyard.data;

import java.util.List;
import java.util.NoSuchElementException;

/**
 * Batches that are computed when they are asked for.
 *
 * @param batchesPerEpoch how many there are in an epoch
 * @param computation gives a batch; must give the same one again for the same numbers
 */
public record ComputedBatches(int batchesPerEpoch, Computation computation) implements BatchSource {
  /** Gives one batch. */
  @FunctionalInterface
  public interface Computation {
    /** The batch of an epoch with this number. */
    Batch batch(long epoch, int number);
  }

  /** The same batches in every epoch. */
  public static ComputedBatches of(List<Batch> batches) {
    return new ComputedBatches(batches.size(), (epoch, number) -> batches.get(number));
  }

  @Override
  public BatchStream epoch(long epoch, int firstBatch) {
    return new BatchStream() {
      private int next = firstBatch;

      @Override
      public boolean hasNext() {
        return next < batchesPerEpoch;
      }

      @Override
      public Batch next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return computation.batch(epoch, next++);
      }

      @Override
      public void close() {}
    };
  }
}
