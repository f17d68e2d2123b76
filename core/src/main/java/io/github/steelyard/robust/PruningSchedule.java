package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;

/**
 * When a training prunes.
 *
 * @param begin the optimizer step before which it prunes first, at least 0
 * @param end the step before which it prunes last, at least {@code begin}; equal for one shot
 * @param every steps between, at least 1
 */
public record PruningSchedule(long begin, long end, long every) {
  /**
   * Checks the values.
   *
   * @param begin at least 0
   * @param end at least {@code begin}
   * @param every at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public PruningSchedule {
    Checks.atLeast(0, begin, "pruning", "begin");
    Checks.atLeast(begin, end, "pruning", "end");
    Checks.atLeast(1, every, "pruning", "every");
  }

  /** Whether something is pruned before a step. */
  boolean isDue(long step) {
    return step >= begin && step <= end && (step == end || (step - begin) % every == 0);
  }

  /** The sparsity from a step on: {@code s (1 - (1 - (step - begin) / (end - begin))^3)}. */
  double sparsity(long step, double last) {
    if (step >= end) {
      return last;
    }
    double rest = 1 - (step - begin) / (double) (end - begin);
    return last * (1 - rest * rest * rest);
  }
}
