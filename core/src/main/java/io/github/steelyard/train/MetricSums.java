package io.github.steelyard.train;

import io.github.steelyard.runtime.Distributed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Metrics over ranks that saw other batches each. */
final class MetricSums {
  private final List<Metric> metrics;
  private final List<Double> losses = new ArrayList<>();
  private final List<Double> weights = new ArrayList<>();

  MetricSums(List<Metric> metrics) {
    this.metrics = metrics;
  }

  /** Counting is exact in any order; losses are kept so that they are added up in one. */
  void count(LossValue value) {
    losses.add(value.loss().item_double() * value.weight());
    weights.add(value.weight());
  }

  void overRanks() {
    Distributed ranks = Distributed.current();
    if (ranks.size() == 1) {
      return;
    }
    for (Metric metric : metrics) {
      metric.merge(
          metric instanceof MeanLoss
              ? List.of(new double[] {inOrder(ranks, losses), inOrder(ranks, weights)})
              : gather(ranks, metric.gathered()));
    }
  }

  /** The sum in the order of the batches, which is that of the ranks. */
  private static double inOrder(Distributed ranks, List<Double> own) {
    double sum = 0;
    for (double[] rank : gather(ranks, own.stream().mapToDouble(d -> d).toArray())) {
      for (double value : rank) {
        sum += value;
      }
    }
    return sum;
  }

  /** Number by number; one that saw no batch may have fewer. */
  static double[] add(List<double[]> ranks) {
    double[] sum = {};
    for (double[] rank : ranks) {
      sum = sum.length < rank.length ? Arrays.copyOf(sum, rank.length) : sum;
      for (int i = 0; i < rank.length; i++) {
        sum[i] += rank[i];
      }
    }
    return sum;
  }

  /** Numbers of ranks that may have more or fewer of them. */
  private static List<double[]> gather(Distributed ranks, double[] own) {
    double[][] lengths = ranks.gather(own.length);
    int most = 0;
    for (double[] length : lengths) {
      most = Math.max(most, (int) length[0]);
    }
    double[][] all = ranks.gather(Arrays.copyOf(own, Math.max(1, most)));
    for (int r = 0; r < all.length; r++) {
      all[r] = Arrays.copyOf(all[r], (int) lengths[r][0]);
    }
    return List.of(all);
  }
}
