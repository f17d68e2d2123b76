package io.github.steelyard.data;

/**
 * How a {@link DataLoader} walks through a data set.
 *
 * @param batchSize samples in a batch, at least 1
 * @param shuffle whether each epoch has its own random order
 * @param dropLast whether an incomplete last batch is left out
 * @param seed decides order and augmentation
 * @param workers threads that prepare batches ahead; 0 prepares them in the caller's thread. The
 *     batches do not depend on it
 * @param prefetch how many batches each worker may be ahead, at least 1
 * @param balanced whether each epoch draws as many samples of each class that has some as of any
 *     other, or one more: in an epoch of n samples and k classes n / k. Within a class each sample
 *     is drawn as often as any other, or once more, so those of rare classes several times, each
 *     time augmented in another way. Needs shuffle
 */
public record LoaderConfiguration(
    int batchSize,
    boolean shuffle,
    boolean dropLast,
    long seed,
    int workers,
    int prefetch,
    boolean balanced) {
  private static final int MOST_WORKERS = 256;

  /**
   * Checks the numbers.
   *
   * @param batchSize samples in a batch, at least 1
   * @param shuffle whether each epoch has its own random order
   * @param dropLast whether an incomplete last batch is left out
   * @param seed decides order and augmentation
   * @param workers threads that prepare batches ahead, 0 to 256
   * @param prefetch how many batches each worker may be ahead, at least 1
   * @param balanced whether classes are drawn alike; needs shuffle
   * @throws IllegalArgumentException if a number is out of range
   */
  public LoaderConfiguration {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize is at least 1, not " + batchSize);
    }
    if (workers < 0 || workers > MOST_WORKERS) {
      throw new IllegalArgumentException(
          "workers is 0 to %d, not %d".formatted(MOST_WORKERS, workers));
    }
    if (prefetch < 1) {
      throw new IllegalArgumentException("prefetch is at least 1, not " + prefetch);
    }
    if (balanced && !shuffle) {
      throw new IllegalArgumentException("balanced draws at random, so shuffle must be true");
    }
  }

  /**
   * A configuration without balance.
   *
   * @param batchSize samples in a batch, at least 1
   * @param shuffle whether each epoch has its own random order
   * @param dropLast whether an incomplete last batch is left out
   * @param seed decides order and augmentation
   * @param workers threads that prepare batches ahead, 0 to 256
   * @param prefetch how many batches each worker may be ahead, at least 1
   * @throws IllegalArgumentException if a number is out of range
   */
  public LoaderConfiguration(
      int batchSize, boolean shuffle, boolean dropLast, long seed, int workers, int prefetch) {
    this(batchSize, shuffle, dropLast, seed, workers, prefetch, false);
  }

  /**
   * For training: shuffled, incomplete batches left out, as many workers as the machine can spare.
   *
   * @param batchSize samples in a batch
   * @param seed decides order and augmentation
   * @return the configuration
   */
  public static LoaderConfiguration training(int batchSize, long seed) {
    return new LoaderConfiguration(batchSize, true, true, seed, spareWorkers(), 2);
  }

  /**
   * For evaluation: every sample once, in the data set's order.
   *
   * @param batchSize samples in a batch
   * @return the configuration
   */
  public static LoaderConfiguration evaluation(int batchSize) {
    return new LoaderConfiguration(batchSize, false, false, 0, spareWorkers(), 2);
  }

  /**
   * The same with another number of workers.
   *
   * @param count threads that prepare batches ahead, 0 to 256
   * @return the configuration
   */
  public LoaderConfiguration withWorkers(int count) {
    return new LoaderConfiguration(batchSize, shuffle, dropLast, seed, count, prefetch, balanced);
  }

  /**
   * The same, drawing each class alike.
   *
   * @return the changed configuration
   * @throws IllegalArgumentException if it does not shuffle
   */
  public LoaderConfiguration withBalance() {
    return new LoaderConfiguration(batchSize, shuffle, dropLast, seed, workers, prefetch, true);
  }

  /** Half of the processors, from 1 to 8: the model needs the others. */
  private static int spareWorkers() {
    return Math.max(1, Math.min(8, Runtime.getRuntime().availableProcessors() / 2));
  }
}
