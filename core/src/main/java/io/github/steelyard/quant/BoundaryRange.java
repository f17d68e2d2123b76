package io.github.steelyard.quant;

/** The check of the boundary range of confidence-guided annealing. */
final class BoundaryRange {
  private BoundaryRange() {}

  static double check(double range) {
    if (!(range >= 0 && range <= 0.5)) {
      throw new IllegalArgumentException(
          "the boundary range must be from 0 to 0.5 steps (the paper uses 0.003 to 0.01), but is "
              + range);
    }
    return range;
  }
}
