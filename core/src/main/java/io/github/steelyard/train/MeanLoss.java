package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.List;

/**
 * The mean loss over all samples: {@code sum_b n_b loss_b / sum_b n_b} over batches b, with n_b the
 * {@linkplain LossValue#weight weight} of the batch.
 */
public final class MeanLoss implements Metric {
  private double sum;
  private double weight;

  /** Creates the metric. */
  public MeanLoss() {}

  @Override
  public String name() {
    return "loss";
  }

  @Override
  public boolean higherIsBetter() {
    return false;
  }

  @Override
  public void reset() {
    sum = 0;
    weight = 0;
  }

  @Override
  public void update(LossValue value, Batch batch) {
    sum += value.loss().item_double() * value.weight();
    weight += value.weight();
  }

  @Override
  public double[] gathered() {
    return new double[] {sum, weight};
  }

  @Override
  public void merge(List<double[]> ranks) {
    double[] sums = MetricSums.add(ranks);
    sum = sums[0];
    weight = sums[1];
  }

  @Override
  public double value() {
    return weight == 0 ? Double.NaN : sum / weight;
  }
}
