package io.github.steelyard.interaction;

import java.util.List;

/**
 * Which units of a ReLU layer fire on the same data.
 *
 * @param name the layer's path
 * @param width its units
 * @param dead units that never fire
 * @param groups units that fire on exactly the same data, in groups of two or more; units that
 *     always fire are such a group
 * @param groupRanks dimensions that each group's activations span
 * @param meanJaccard the mean over pairs of living units of the share of data on which both fire
 *     among the data on which any of them does
 * @param synchronizedPairs the share of pairs of living units that fire on exactly the same data
 */
public record FiringDegeneracy(
    String name,
    int width,
    int dead,
    List<List<Integer>> groups,
    List<Integer> groupRanks,
    double meanJaccard,
    double synchronizedPairs) {
  /**
   * Copies the lists.
   *
   * @param name the layer's path
   * @param width its units
   * @param dead units that never fire
   * @param groups units that fire on exactly the same data
   * @param groupRanks dimensions that each group's activations span
   * @param meanJaccard the mean Jaccard similarity
   * @param synchronizedPairs the share of pairs that fire on the same data
   */
  public FiringDegeneracy {
    groups = groups.stream().map(List::copyOf).toList();
    groupRanks = List.copyOf(groupRanks);
  }

  /**
   * Directions in which the weights around this layer can move without any effect: units that fire
   * together can be mixed, {@code k^2} directions for k independent ones, and every living unit can
   * be scaled.
   *
   * @return at least 0
   */
  public long freeDirections() {
    int grouped = groups.stream().mapToInt(List::size).sum();
    long mixing = groupRanks.stream().mapToLong(rank -> (long) rank * rank).sum();
    return width - dead - grouped + mixing;
  }
}
