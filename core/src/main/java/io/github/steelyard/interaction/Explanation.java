package io.github.steelyard.interaction;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What an {@link Explainer} found out about a network.
 *
 * @param result bases and edges
 * @param comparison what can be removed, in several bases
 * @param edges which edges are needed, in several bases; empty if that was not asked for
 * @param communities groups of basis vectors
 * @param compared groups in the bases whose edges are compared; empty if none are
 * @param shares how the interactions are spread over edges, in several bases; empty if the edges of
 *     none are compared
 * @param top the data at which coordinates are largest
 * @param degeneracy how many parameters are free
 * @param smaller what a smaller equivalent network would be
 */
public record Explanation(
    InteractionResult result,
    BasisComparison comparison,
    Optional<EdgeComparison> edges,
    Communities communities,
    Map<BasisKind, Communities> compared,
    Optional<EdgeShares> shares,
    TopData top,
    DegeneracyReport degeneracy,
    SmallerNetwork smaller) {
  /**
   * Copies the map.
   *
   * @param result bases and edges
   * @param comparison what can be removed
   * @param edges which edges are needed
   * @param communities groups of basis vectors
   * @param compared groups in the bases whose edges are compared, in this order
   * @param shares how the interactions are spread over edges
   * @param top the data at which coordinates are largest
   * @param degeneracy how many parameters are free
   * @param smaller what a smaller equivalent network would be
   */
  public Explanation {
    compared = Collections.unmodifiableMap(new LinkedHashMap<>(compared));
  }
}
