package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The share of samples whose class is among the k largest logits: {@code 1/n sum_i [y_i in
 * top_k(logits_i)]}. With target probabilities y_i is the most probable class. It is not a number
 * where a logit is none: such a model answers nothing.
 */
public final class Accuracy implements Metric {
  private final int k;
  private long correct;
  private long samples;
  private boolean undefined;

  /** Creates the top-1 accuracy, named {@code accuracy}. */
  public Accuracy() {
    this(1);
  }

  /**
   * Creates the top-k accuracy, named {@code accuracy} for k = 1, else such as {@code
   * accuracy_top5}.
   *
   * @param k how many classes count as an answer, at least 1 and at most the number of classes
   * @throws IllegalArgumentException if k is below 1
   */
  public Accuracy(int k) {
    if (k < 1) {
      throw new IllegalArgumentException("k must be at least 1, but is " + k);
    }
    this.k = k;
  }

  @Override
  public String name() {
    return k == 1 ? "accuracy" : "accuracy_top" + k;
  }

  @Override
  public boolean higherIsBetter() {
    return true;
  }

  @Override
  public void reset() {
    correct = 0;
    samples = 0;
    undefined = false;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if k is above the number of classes, or logits and targets do
   *     not fit
   */
  @Override
  public void update(LossValue value, Batch batch) {
    Tensor logits = Logits.checked(value.logits(), batch);
    if (k > logits.size(1)) {
      throw new IllegalArgumentException(
          "the top-" + k + " accuracy needs more than the model's " + logits.size(1) + " classes");
    }
    undefined |= torch.isnan(logits).any().item_bool();
    Tensor answers = torch.topk(logits, k, 1, true, false).get1();
    correct += answers.eq(Logits.classes(batch).unsqueeze(1)).sum().item_long();
    samples += batch.size();
  }

  @Override
  public double[] gathered() {
    return new double[] {correct, samples, undefined ? 1 : 0};
  }

  @Override
  public void merge(List<double[]> ranks) {
    double[] sums = MetricSums.add(ranks);
    correct = (long) sums[0];
    samples = (long) sums[1];
    undefined = sums[2] > 0;
  }

  @Override
  public double value() {
    return samples == 0 || undefined ? Double.NaN : (double) correct / samples;
  }
}
