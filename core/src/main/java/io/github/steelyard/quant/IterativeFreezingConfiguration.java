package io.github.steelyard.quant;

/**
 * How {@link IterativeFreezing} acts.
 *
 * @param momentum of the moving averages, above 0 and at most 1
 * @param firstThreshold the oscillation above which a weight is frozen at the beginning of the run,
 *     above 0
 * @param lastThreshold the same at the end of the run, above 0 and at most {@code firstThreshold};
 *     in between it follows a half cosine; equal to it for a constant threshold
 * @param maxBits weights of more bits than this are left alone, from 1 to 8: of the many levels of
 *     8 bits a weight changes one at nearly every step
 */
public record IterativeFreezingConfiguration(
    double momentum, double firstThreshold, double lastThreshold, int maxBits) {
  /**
   * Checks the values.
   *
   * @param momentum above 0 and at most 1
   * @param firstThreshold above 0
   * @param lastThreshold above 0 and at most {@code firstThreshold}
   * @param maxBits from 1 to 8
   * @throws IllegalArgumentException if a value is out of range
   */
  public IterativeFreezingConfiguration {
    OscillationTracker.momentum(momentum);
    Bounds.bits(maxBits, "iterative freezing's maxBits");
    if (!(lastThreshold > 0 && lastThreshold <= firstThreshold && firstThreshold <= 1)) {
      throw new IllegalArgumentException(
          "the freezing thresholds must fall from at most 1 to above 0, but are "
              + firstThreshold
              + " and "
              + lastThreshold);
    }
  }

  /**
   * Momentum 0.01; a threshold that falls from 0.04 to 0.01; weights of 4 bits or fewer, as the
   * authors' code has it. Their published runs use momentum 0.001 and a threshold that falls from
   * 0.1 to 0.011 (3 bits) or 0.01 (4 bits), over many more steps.
   *
   * @return a new configuration
   */
  public static IterativeFreezingConfiguration defaults() {
    return new IterativeFreezingConfiguration(0.01, 0.04, 0.01, 4);
  }
}
