package io.github.steelyard.interaction;

/**
 * Random vectors of +1 and -1 in place of exact sums, for long sequences and wide layers. The
 * estimates are unbiased; other signs are drawn for each sample and each use.
 *
 * @param positions vectors over the positions of the next layer in the local basis; 0 for all
 *     positions one by one
 * @param outputs vectors over the coordinates of the next layer in the local basis; 0 for all
 *     coordinates one by one
 * @param edges vectors over the positions of the next layer in squared edges; 0 for all positions
 *     one by one
 * @param seed decides the signs
 */
public record Sources(int positions, int outputs, int edges, long seed) {
  /**
   * Checks the numbers.
   *
   * @param positions vectors over positions in the local basis, at least 0
   * @param outputs vectors over coordinates in the local basis, at least 0
   * @param edges vectors over positions in squared edges, at least 0
   * @param seed decides the signs
   * @throws IllegalArgumentException if a number is below 0
   */
  public Sources {
    if (positions < 0 || outputs < 0 || edges < 0) {
      throw new IllegalArgumentException(
          "numbers of sources must be at least 0, but are %d over positions, %d over outputs, %d"
                  .formatted(positions, outputs, edges)
              + " for edges");
    }
  }

  /**
   * No estimates.
   *
   * @return exact sums everywhere
   */
  public static Sources exact() {
    return new Sources(0, 0, 0, 0);
  }

  boolean exactBasis() {
    return positions == 0 && outputs == 0;
  }
}
