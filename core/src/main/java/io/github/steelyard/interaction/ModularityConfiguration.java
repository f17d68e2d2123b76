package io.github.steelyard.interaction;

import java.util.Objects;

/**
 * How communities are looked for.
 *
 * @param norm how an interaction becomes an edge's weight
 * @param epsilon for {@link EdgeNorm#LOG}: the share of the network's largest interaction that
 *     counts as none, above 0 and below 1
 * @param resolution gamma of the Leiden algorithm, above 0: larger gives more and smaller
 *     communities
 * @param iterations of the Leiden algorithm, at least 1
 * @param randomGraphs how many graphs of equal degrees are searched for comparison, at least 0
 * @param output whether the network's output takes part
 * @param seed decides all random choices
 */
public record ModularityConfiguration(
    EdgeNorm norm,
    double epsilon,
    double resolution,
    int iterations,
    int randomGraphs,
    boolean output,
    long seed) {
  /**
   * Checks the numbers.
   *
   * @param norm how an interaction becomes an edge's weight
   * @param epsilon above 0 and below 1
   * @param resolution above 0
   * @param iterations at least 1
   * @param randomGraphs at least 0
   * @param output whether the network's output takes part
   * @param seed decides all random choices
   * @throws IllegalArgumentException if a number is out of range
   */
  public ModularityConfiguration {
    Objects.requireNonNull(norm, "norm");
    if (!(epsilon > 0 && epsilon < 1)) {
      throw new IllegalArgumentException("epsilon must be above 0 and below 1, but is " + epsilon);
    }
    if (!(resolution > 0) || Double.isInfinite(resolution)) {
      throw new IllegalArgumentException(
          "resolution must be above 0 and finite, but is " + resolution);
    }
    if (iterations < 1 || randomGraphs < 0) {
      throw new IllegalArgumentException(
          "iterations must be at least 1 and randomGraphs at least 0, but are %d and %d"
              .formatted(iterations, randomGraphs));
    }
  }

  /**
   * Logarithmic weights down to a ten-thousandth of the largest interaction, resolution 1, ten
   * iterations as the authors', ten random graphs, with the output.
   *
   * @return the configuration
   */
  public static ModularityConfiguration standard() {
    return new ModularityConfiguration(EdgeNorm.LOG, 1e-4, 1, 10, 10, true, 0);
  }

  /**
   * With another resolution.
   *
   * @param other gamma, above 0
   * @return the changed configuration
   * @throws IllegalArgumentException if it is not above 0
   */
  public ModularityConfiguration withResolution(double other) {
    return new ModularityConfiguration(
        norm, epsilon, other, iterations, randomGraphs, output, seed);
  }

  /**
   * With another norm of edges.
   *
   * @param other how an interaction becomes an edge's weight
   * @return the changed configuration
   */
  public ModularityConfiguration withNorm(EdgeNorm other) {
    return new ModularityConfiguration(
        other, epsilon, resolution, iterations, randomGraphs, output, seed);
  }

  /**
   * With or without the network's output.
   *
   * @param takesPart whether the output's coordinates are nodes
   * @return the changed configuration
   */
  public ModularityConfiguration withOutput(boolean takesPart) {
    return new ModularityConfiguration(
        norm, epsilon, resolution, iterations, randomGraphs, takesPart, seed);
  }
}
