package io.github.steelyard.train;

import io.github.steelyard.runtime.GradientReducer;
import io.github.steelyard.runtime.GradientReducer.Compression;

/**
 * How the ranks of a {@link io.github.steelyard.runtime.Distributed} run train one network: each
 * computes its part of every batch, and all make the same step. The batch size, the learning rate
 * and the number of steps are those of one process, whatever the number of ranks.
 *
 * <p>Batch normalization uses the statistics of each rank's part, and the running statistics are
 * averaged over the ranks after each step ({@link io.github.steelyard.nn.SynchronizeBatchNorm} uses
 * those of the whole batch).
 *
 * <p><b>Deterministic.</b> The gradient is the sum of those of so many shards of each batch as a
 * fixed tree, whatever the number of ranks, and batch normalization uses the statistics of each
 * shard: 1, 2, 4, ... processes end in the same weights, bit for bit, if they have the same number
 * of threads each, and a checkpoint of one number goes on with another. Cost: as many forward and
 * backward passes of smaller batches as a rank has shards, one copy of the gradients for each of
 * its shards, and log2(ranks) times the gradients over the wire, after the backward passes instead
 * of during them.
 *
 * @param deterministic whether the bits of the result do not depend on the number of ranks
 * @param shards in how many shards a batch is divided then, a power of two; the number of ranks
 *     divides it. Without {@code deterministic} it has no effect
 * @param compression what is sent in the place of gradients; none if deterministic
 * @param bucketMib MiB of gradients that are reduced together, during the backward pass: small
 *     buckets hide more of a slow network behind it, large ones cost fewer messages. No effect if
 *     deterministic
 * @param checkEvery after how many steps it is checked that all ranks have the same state, at least
 *     1; it is always checked at the start and before a checkpoint
 */
public record DataParallelConfiguration(
    boolean deterministic, int shards, Compression compression, int bucketMib, int checkEvery) {
  private static final int MOST_SHARDS = 1024;
  private static final int MOST_MIB = 1024;
  private static final int BUCKET_MIB = (int) (GradientReducer.BUCKET >> 20);

  /**
   * Checks the values.
   *
   * @param deterministic whether the bits do not depend on the number of ranks
   * @param shards a power of two from 1 to 1024
   * @param compression what is sent
   * @param bucketMib from 1 to 1024
   * @param checkEvery at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public DataParallelConfiguration {
    if (shards < 1 || shards > MOST_SHARDS || Integer.bitCount(shards) != 1) {
      throw new IllegalArgumentException(
          "shards must be a power of two from 1 to " + MOST_SHARDS + ", but is " + shards);
    }
    if (bucketMib < 1 || bucketMib > MOST_MIB) {
      throw new IllegalArgumentException(
          "bucketMib must be from 1 to " + MOST_MIB + ", but is " + bucketMib);
    }
    if (checkEvery < 1) {
      throw new IllegalArgumentException("checkEvery must be at least 1, but is " + checkEvery);
    }
    if (deterministic && compression != Compression.NONE) {
      throw new IllegalArgumentException(
          "a deterministic run sends whole gradients; compression must be none");
    }
  }

  /**
   * The defaults: each rank one part, whole gradients in buckets of PyTorch's 25 MiB, a check every
   * 100 steps.
   *
   * @return the configuration
   */
  public static DataParallelConfiguration defaults() {
    return new DataParallelConfiguration(false, 8, Compression.NONE, BUCKET_MIB, 100);
  }

  /**
   * Bit for bit the same on any number of ranks that divides the number of shards.
   *
   * @param shards a power of two
   * @return the configuration
   * @throws IllegalArgumentException if it is none
   */
  public static DataParallelConfiguration deterministic(int shards) {
    return new DataParallelConfiguration(true, shards, Compression.NONE, BUCKET_MIB, 100);
  }
}
