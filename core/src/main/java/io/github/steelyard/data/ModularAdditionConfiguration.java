package io.github.steelyard.data;

/**
 * Which sums there are, and how they are split.
 *
 * @param prime p, from 2 to 200; 113 in the paper
 * @param trainShare the share of the p² sums to learn from, above 0 and below 1; 0.3 in the paper
 * @param splitSeed decides the split; not the seed of a run, so that runs that differ in their seed
 *     see the same sums
 */
public record ModularAdditionConfiguration(int prime, double trainShare, long splitSeed) {
  /**
   * Checks the numbers.
   *
   * @param prime p, from 2 to 200
   * @param trainShare above 0 and below 1
   * @param splitSeed any
   * @throws IllegalArgumentException if a number is out of range or a part would be empty; the
   *     message names it
   */
  public ModularAdditionConfiguration {
    if (prime < 2 || prime > 200) {
      throw new IllegalArgumentException("prime must be from 2 to 200, but is " + prime);
    }
    if (!(trainShare > 0 && trainShare < 1 && (int) (trainShare * prime * prime) > 0)) {
      throw new IllegalArgumentException(
          "trainShare must be above 0 and below 1 and leave at least one of "
              + prime * prime
              + " sums to learn from, but is "
              + trainShare);
    }
  }

  /**
   * The paper's: p = 113, three tenths of the sums to learn from.
   *
   * @return the configuration
   */
  public static ModularAdditionConfiguration defaults() {
    return new ModularAdditionConfiguration(113, 0.3, 0);
  }
}
