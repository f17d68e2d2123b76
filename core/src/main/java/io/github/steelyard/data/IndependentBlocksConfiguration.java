package io.github.steelyard.data;

/**
 * How many independent parts the samples have, and how much what each decides depends on another.
 *
 * @param blocks parts of a sample, each a channel, from 1 to 6
 * @param side of the square image of each channel, from 2 to 64
 * @param samples in the training part, and as many in the test part; from 1 to 100,000
 * @param blockSeed decides samples and rules; not the seed of a run, so that runs that differ in
 *     their seed see the same data
 * @param crossTalk c from 0 to 0.5: the second of a block's two sums is 1 - c times its own plus c
 *     times the next block's (the first one's after the last), each in its standard deviation. At 0
 *     blocks decide alone, at 0.5 two blocks share one sum wholly. Parts of the class stay
 *     independent of one another
 * @param deviationRatio the deviation of a block's pixels over that of the block before, above 0 up
 *     to 1; at 1 all are equal
 */
public record IndependentBlocksConfiguration(
    int blocks, int side, int samples, long blockSeed, double crossTalk, double deviationRatio) {
  /**
   * Checks the numbers.
   *
   * @param blocks from 1 to 6
   * @param side from 2 to 64
   * @param samples from 1 to 100,000
   * @param blockSeed any
   * @param crossTalk from 0 to 0.5
   * @param deviationRatio above 0 up to 1
   * @throws IllegalArgumentException if a number is out of range; the message names it
   */
  public IndependentBlocksConfiguration {
    require("blocks", 1, 6, blocks);
    require("side", 2, 64, side);
    require("samples", 1, 100_000, samples);
    if (!(crossTalk >= 0 && crossTalk <= 0.5)) {
      throw new IllegalArgumentException("crossTalk must be from 0 to 0.5, but is " + crossTalk);
    }
    if (!(deviationRatio > 0 && deviationRatio <= 1)) {
      throw new IllegalArgumentException(
          "deviationRatio must be above 0 and at most 1, but is " + deviationRatio);
    }
  }

  static void require(String what, int least, int most, int value) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be from %d to %d, but is %d".formatted(what, least, most, value));
    }
  }

  /**
   * Two blocks of nine pixels and equal deviation, 8,000 samples a part, no cross-talk.
   *
   * @return the configuration
   */
  public static IndependentBlocksConfiguration defaults() {
    return new IndependentBlocksConfiguration(2, 3, 8000, 0, 0, 1);
  }
}
