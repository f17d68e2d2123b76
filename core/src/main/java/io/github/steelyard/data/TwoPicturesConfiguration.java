package io.github.steelyard.data;

/**
 * Which pictures of clothes stand side by side.
 *
 * @param kinds how many of Fashion-MNIST's classes each picture may have, the first of them; from 2
 *     to 10
 * @param side of each square picture: 28, or 14, 7 or 4 by the mean of square parts
 * @param samples in the training part, and as many in the test part; from 1 to 100,000
 * @param pairSeed decides the pairs; not the seed of a run, so that runs that differ in their seed
 *     see the same data
 */
public record TwoPicturesConfiguration(int kinds, int side, int samples, long pairSeed) {
  /**
   * Checks the numbers.
   *
   * @param kinds from 2 to 10
   * @param side 28, 14, 7 or 4
   * @param samples from 1 to 100,000
   * @param pairSeed any
   * @throws IllegalArgumentException if a number is out of range; the message names it
   */
  public TwoPicturesConfiguration {
    IndependentBlocksConfiguration.require("kinds", 2, 10, kinds);
    IndependentBlocksConfiguration.require("samples", 1, 100_000, samples);
    if (side != 28 && side != 14 && side != 7 && side != 4) {
      throw new IllegalArgumentException("side must be 28, 14, 7 or 4, but is " + side);
    }
  }

  /**
   * Pictures of 7 x 7 pixels of three kinds, nine pairs of kinds, 8,000 samples a part.
   *
   * @return the configuration
   */
  public static TwoPicturesConfiguration defaults() {
    return new TwoPicturesConfiguration(3, 7, 8000, 0);
  }
}
