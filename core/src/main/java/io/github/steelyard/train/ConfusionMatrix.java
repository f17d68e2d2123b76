package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Counts how often each class was taken for each: {@code n_cd} samples of class c were answered
 * with d. Its {@link #value()} as a metric is the balanced accuracy, the mean over the C classes
 * that occur of the recall {@code n_cc / sum_d n_cd}, and not a number where a logit is none; other
 * numbers follow from {@link #count}.
 */
public final class ConfusionMatrix implements Metric {
  private long[][] counts = new long[0][0];
  private boolean undefined;

  /** Creates the metric; it takes the number of classes from the first batch. */
  public ConfusionMatrix() {}

  @Override
  public String name() {
    return "balanced_accuracy";
  }

  @Override
  public boolean higherIsBetter() {
    return true;
  }

  @Override
  public void reset() {
    counts = new long[0][0];
    undefined = false;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the number of classes changed, or logits and targets do not
   *     fit
   */
  @Override
  public void update(LossValue value, Batch batch) {
    Tensor logits = Logits.checked(value.logits(), batch);
    int classes = Math.toIntExact(logits.size(1));
    if (counts.length == 0) {
      counts = new long[classes][classes];
    } else if (counts.length != classes) {
      throw new IllegalArgumentException(
          "the model now has " + classes + " classes, but had " + counts.length);
    }
    undefined |= torch.isnan(logits).any().item_bool();
    Tensor answers = torch.argmax(logits, new LongOptional(1), false);
    Tensor cells = Logits.classes(batch).mul(new Scalar(classes)).add(answers);
    long[] added = new long[classes * classes];
    torch
        .bincount(cells, new TensorOptional(), (long) classes * classes)
        .cpu()
        .data_ptr_long()
        .get(added);
    for (int i = 0; i < added.length; i++) {
      counts[i / classes][i % classes] += added[i];
    }
  }

  /**
   * The number of classes.
   *
   * @return 0 before the first batch
   */
  public int classes() {
    return counts.length;
  }

  /**
   * How often one class was taken for another.
   *
   * @param target the class of the samples
   * @param answer the class with the largest logit
   * @return the number of samples
   * @throws IndexOutOfBoundsException if a class is not in 0 to {@link #classes()} - 1
   */
  public long count(int target, int answer) {
    return counts[target][answer];
  }

  /**
   * The recall of a class: {@code n_cc / sum_d n_cd}.
   *
   * @param target the class c
   * @return in [0, 1]; not a number if the class did not occur
   */
  public double recall(int target) {
    long samples = 0;
    for (long count : counts[target]) {
      samples += count;
    }
    return samples == 0 ? Double.NaN : (double) counts[target][target] / samples;
  }

  /**
   * The precision of a class: {@code n_cc / sum_b n_bc}.
   *
   * @param answer the class c
   * @return in [0, 1]; not a number if the class was never an answer
   */
  public double precision(int answer) {
    long samples = 0;
    for (long[] row : counts) {
      samples += row[answer];
    }
    return samples == 0 ? Double.NaN : (double) counts[answer][answer] / samples;
  }

  @Override
  public double[] gathered() {
    double[] sums = new double[1 + counts.length * counts.length];
    sums[0] = undefined ? 1 : 0;
    for (int i = 1; i < sums.length; i++) {
      sums[i] = counts[(i - 1) / counts.length][(i - 1) % counts.length];
    }
    return sums;
  }

  @Override
  public void merge(List<double[]> ranks) {
    double[] sums = MetricSums.add(ranks);
    int classes = (int) Math.round(Math.sqrt(sums.length - 1.0));
    counts = new long[classes][classes];
    undefined = sums[0] > 0;
    for (int i = 1; i < sums.length; i++) {
      counts[(i - 1) / classes][(i - 1) % classes] = (long) sums[i];
    }
  }

  @Override
  public double value() {
    double sum = 0;
    int occurring = 0;
    for (int c = 0; c < counts.length; c++) {
      double recall = recall(c);
      if (!Double.isNaN(recall)) {
        sum += recall;
        occurring++;
      }
    }
    return occurring == 0 || undefined ? Double.NaN : sum / occurring;
  }
}
