package io.github.steelyard.interaction;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * How good a network is when a layer keeps only the first vectors of a basis, for several bases.
 *
 * @param tolerance how much worse it may become with the vectors that are needed
 * @param base how good it is as it is
 * @param layers layer by layer, at least one
 */
public record BasisComparison(AblationTolerance tolerance, AblationScore base, List<Layer> layers) {
  /** Points of a curve over the whole width; those near none stand closer. */
  private static final AblationSchedule SCHEDULE = AblationSchedule.exponential(1.5, 0);

  /** What a try to do without some vectors costs, in runs of the network: with and without. */
  private static final double TRIAL = 2;

  /**
   * One layer.
   *
   * @param layer where
   * @param bases what was measured in each basis
   */
  public record Layer(NodeLayer layer, Map<BasisKind, Kept> bases) {
    /**
     * Copies the map.
     *
     * @param layer where
     * @param bases what was measured in each basis, in this order
     */
    public Layer {
      bases = Collections.unmodifiableMap(new LinkedHashMap<>(bases));
    }
  }

  /**
   * What was measured in one basis.
   *
   * @param curve how good the network is with more and more vectors
   * @param needed how many it needs
   */
  public record Kept(AblationCurve curve, AblationBisection needed) {}

  /**
   * Copies the list.
   *
   * @param tolerance how much worse the network may become
   * @param base how good it is as it is
   * @param layers layer by layer
   */
  public BasisComparison {
    layers = List.copyOf(layers);
  }

  /** Makes what hears of a pass, from its layer and its cost in runs of the network. */
  @FunctionalInterface
  interface Listeners {
    AnalysisListener of(int layer, double runs);
  }

  /** What measuring a layer in a basis costs, in runs of the network on all data. */
  static double cost(int width) {
    int trials = Integer.SIZE - Integer.numberOfLeadingZeros(width);
    return SCHEDULE.kept(width).length + TRIAL * (1 + trials);
  }

  /**
   * Measures layer by layer.
   *
   * @param bases by layer, the bases by their kinds; the last layer is left out
   * @param listeners makes what hears of each batch of a pass
   */
  static BasisComparison measure(
      Function<AnalysisListener, Ablation> ablations,
      List<Map<BasisKind, LayerBasis>> bases,
      AblationTolerance tolerance,
      Listeners listeners) {
    List<Layer> layers = new ArrayList<>();
    for (int l = 0; l < bases.size(); l++) {
      Map<BasisKind, Kept> kept = new LinkedHashMap<>();
      for (Map.Entry<BasisKind, LayerBasis> entry : bases.get(l).entrySet()) {
        LayerBasis basis = entry.getValue();
        int points = SCHEDULE.kept(basis.layer().width()).length;
        AblationCurve curve = ablations.apply(listeners.of(l, points)).vectors(l, basis, SCHEDULE);
        kept.put(
            entry.getKey(),
            new Kept(curve, ablations.apply(listeners.of(l, TRIAL)).vectors(l, basis, tolerance)));
      }
      layers.add(new Layer(bases.get(l).values().iterator().next().layer(), kept));
    }
    AblationScore base = layers.get(0).bases().values().iterator().next().curve().base();
    return new BasisComparison(tolerance, base, layers);
  }

  /**
   * The bases that were compared.
   *
   * @return their kinds, that of graph and communities first
   */
  public Set<BasisKind> bases() {
    return layers.get(0).bases().keySet();
  }

  /**
   * How many vectors are needed, all layers together.
   *
   * @param basis one of {@link #bases()}
   * @return their number
   */
  public int needed(BasisKind basis) {
    return layers.stream().mapToInt(layer -> layer.bases().get(basis).needed().required()).sum();
  }
}
