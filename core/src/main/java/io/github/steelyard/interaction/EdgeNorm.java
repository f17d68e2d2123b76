package io.github.steelyard.interaction;

/** How an interaction becomes the weight of an edge in a graph; never negative. */
public enum EdgeNorm {
  /** {@code |E|}. */
  IDENTITY,
  /** {@code sqrt |E|}. */
  SQRT,
  /** {@code |E| / max |E|} within each segment. */
  MAX,
  /** {@code max(0, log10(|E| / epsilon))}: the recommended one. */
  LOG;

  /**
   * The weight of an edge.
   *
   * @param value E
   * @param largest the largest |E| of the segment
   * @param epsilon the interaction that counts as none, above 0
   */
  double weight(double value, double largest, double epsilon) {
    double size = Math.abs(value);
    return switch (this) {
      case IDENTITY -> size;
      case SQRT -> Math.sqrt(size);
      case MAX -> largest == 0 ? 0 : size / largest;
      case LOG -> size <= epsilon ? 0 : Math.log10(size / epsilon);
    };
  }
}
