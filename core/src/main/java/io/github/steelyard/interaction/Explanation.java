package io.github.steelyard.interaction;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
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
 * @param sweeps by basis, groups at each of the resolutions that were asked for
 * @param parts by basis, how much of each basis vector is due to each part of the inputs; empty if
 *     these are not known
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
    Map<BasisKind, List<Communities>> sweeps,
    Map<BasisKind, PartShares> parts,
    Optional<EdgeShares> shares,
    TopData top,
    DegeneracyReport degeneracy,
    SmallerNetwork smaller) {
  /**
   * Copies the maps.
   *
   * @param result bases and edges
   * @param comparison what can be removed
   * @param edges which edges are needed
   * @param communities groups of basis vectors
   * @param compared groups in the bases whose edges are compared, in this order
   * @param sweeps groups at each of the resolutions that were asked for
   * @param parts how much of each basis vector is due to each part
   * @param shares how the interactions are spread over edges
   * @param top the data at which coordinates are largest
   * @param degeneracy how many parameters are free
   * @param smaller what a smaller equivalent network would be
   */
  public Explanation {
    compared = Collections.unmodifiableMap(new LinkedHashMap<>(compared));
    sweeps = Collections.unmodifiableMap(new LinkedHashMap<>(sweeps));
    parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
  }

  /**
   * Groups of basis vectors in all bases that have any.
   *
   * @return {@link #communities} by their basis, then {@link #compared}
   */
  public Map<BasisKind, Communities> allCommunities() {
    Map<BasisKind, Communities> all = new LinkedHashMap<>();
    all.put(result.configuration().basis(), communities);
    all.putAll(compared);
    return all;
  }
}
