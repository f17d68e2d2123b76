package io.github.steelyard.cli.recipe;

import io.github.steelyard.runtime.GradientReducer.Compression;
import io.github.steelyard.train.DataParallelConfiguration;

/**
 * The section {@code distributed}: how several processes train one network.
 *
 * @param deterministic whether the bits of the result do not depend on the number of processes
 * @param shards in how many shards each batch is divided then, a power of two
 * @param batchNorm whose statistics batch normalization uses
 * @param compression what is sent in the place of float32 gradients
 * @param bucketMib MiB of gradients that are reduced together during the backward pass
 * @param checkEvery after how many steps it is checked that all ranks have the same state
 */
public record DistributedRecipe(
    boolean deterministic,
    int shards,
    Statistics batchNorm,
    Compression compression,
    int bucketMib,
    int checkEvery) {
  /** Whose statistics batch normalization uses. */
  public enum Statistics {
    /** Those of each process's part of the batch. */
    LOCAL,
    /** Those of the whole batch. */
    SYNCHRONIZED
  }

  /**
   * Checks the values.
   *
   * @param deterministic whether the bits do not depend on the number of processes
   * @param shards a power of two
   * @param batchNorm whose statistics batch normalization uses
   * @param compression what is sent
   * @param bucketMib from 1 to 1024
   * @param checkEvery at least 1
   * @throws IllegalArgumentException if values are out of range or do not fit each other
   */
  public DistributedRecipe {
    var checked =
        new DataParallelConfiguration(deterministic, shards, compression, bucketMib, checkEvery);
    if (checked.deterministic() && batchNorm == Statistics.SYNCHRONIZED) {
      throw new IllegalArgumentException(
          "a deterministic run uses the statistics of each shard; batch_norm must be local");
    }
  }

  /**
   * What holds without the section.
   *
   * @return each process its part and its statistics, whole gradients, a check every 100 steps
   */
  public static DistributedRecipe defaults() {
    DataParallelConfiguration usual = DataParallelConfiguration.defaults();
    return new DistributedRecipe(
        false,
        usual.shards(),
        Statistics.LOCAL,
        usual.compression(),
        usual.bucketMib(),
        usual.checkEvery());
  }

  /**
   * What the trainer is told.
   *
   * @return the configuration
   */
  public DataParallelConfiguration parallel() {
    return new DataParallelConfiguration(deterministic, shards, compression, bucketMib, checkEvery);
  }
}
