package io.github.steelyard.data;

/**
 * How many independent parts the samples have.
 *
 * @param blocks parts of a sample, each a channel, from 1 to 6
 * @param side of the square image of each channel, from 2 to 64
 * @param samples in the training part, and as many in the test part; from 1 to 100,000
 * @param blockSeed decides samples and rules; not the seed of a run, so that runs that differ in
 *     their seed see the same data
 */
public record IndependentBlocksConfiguration(int blocks, int side, int samples, long blockSeed) {
  /**
   * Checks the numbers.
   *
   * @param blocks from 1 to 6
   * @param side from 2 to 64
   * @param samples from 1 to 100,000
   * @param blockSeed any
   * @throws IllegalArgumentException if a number is out of range; the message names it
   */
  public IndependentBlocksConfiguration {
    require("blocks", 1, 6, blocks);
    require("side", 2, 64, side);
    require("samples", 1, 100_000, samples);
  }

  private static void require(String what, int least, int most, int value) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be from %d to %d, but is %d".formatted(what, least, most, value));
    }
  }

  /**
   * Two blocks of nine pixels, 8,000 samples a part.
   *
   * @return the configuration
   */
  public static IndependentBlocksConfiguration defaults() {
    return new IndependentBlocksConfiguration(2, 3, 8000, 0);
  }
}
