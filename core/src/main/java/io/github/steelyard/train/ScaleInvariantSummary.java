package io.github.steelyard.train;

import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What a run did to the weights whose length does not matter, in single numbers; not a number where
 * there are none or nothing was seen of them. Of what the values are: {@link WeightTracking},
 * {@link ProjectionTracking}.
 *
 * @param weights how many weights there are
 * @param relativeNorm the mean of their norms relative to the start at the last sample
 * @param effectiveStep the mean of their effective steps over weights and samples
 * @param projectedShare the mean share of them whose step lost its radial part
 */
public record ScaleInvariantSummary(
    int weights, double relativeNorm, double effectiveStep, double projectedShare) {
  /**
   * Sums up what was seen.
   *
   * @param weights what the weights did
   * @param projections which were projected
   * @param scaleInvariant the names of the scale-invariant weights
   * @return the numbers
   */
  public static ScaleInvariantSummary of(
      WeightTracking weights, ProjectionTracking projections, Set<String> scaleInvariant) {
    List<WeightTracking.Sample> samples = weights.samples();
    double[] norms =
        samples.stream()
            .map(s -> s.mean(scaleInvariant, WeightTracking.WeightChange::relativeNorm))
            .flatMapToDouble(OptionalDouble::stream)
            .toArray();
    return new ScaleInvariantSummary(
        scaleInvariant.size(),
        norms.length == 0 ? Double.NaN : norms[norms.length - 1],
        samples.stream()
            .map(s -> s.mean(scaleInvariant, WeightTracking.WeightChange::effectiveStep))
            .flatMapToDouble(OptionalDouble::stream)
            .average()
            .orElse(Double.NaN),
        projections.meanInvariantShare());
  }
}
