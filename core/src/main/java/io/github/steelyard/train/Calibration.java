package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The expected calibration error (Guo et al., ICML 2017, arXiv 1706.04599): how far the confidence
 * of a network, the largest probability of its softmax, is from how often it is right. {@code ECE =
 * sum_b n_b / n |accuracy_b - confidence_b|} over bins b of equal width in (0, 1]; 15 bins as in
 * the paper. 0 is perfect; a network that is always sure and right in three of four answers has
 * 0.25. Not a number where a logit is none.
 */
public final class Calibration implements Metric {
  /** The paper's number of bins. */
  public static final int BINS = 15;

  private final long[] samples = new long[BINS];
  private final double[] confidence = new double[BINS];
  private final long[] right = new long[BINS];
  private boolean undefined;

  /** Creates the metric. */
  public Calibration() {}

  /**
   * Answers of similar confidence.
   *
   * @param from the confidence that all are above, in [0, 1)
   * @param to the confidence that none is above, in (0, 1]
   * @param samples how many answers
   * @param confidence the mean confidence; not a number without answers
   * @param accuracy the share of right answers; not a number without answers
   */
  public record Bin(double from, double to, long samples, double confidence, double accuracy) {}

  @Override
  public String name() {
    return "calibration_error";
  }

  @Override
  public boolean higherIsBetter() {
    return false;
  }

  @Override
  public void reset() {
    for (int bin = 0; bin < BINS; bin++) {
      samples[bin] = 0;
      confidence[bin] = 0;
      right[bin] = 0;
    }
    undefined = false;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if logits and targets do not fit
   */
  @Override
  public void update(LossValue value, Batch batch) {
    Tensor logits = Logits.checked(value.logits(), batch);
    undefined |= torch.isnan(logits).any().item_bool();
    double[] confidences = Logits.confidences(logits);
    long[] answers = Logits.answers(logits);
    long[] targets = Logits.longs(Logits.classes(batch));
    for (int i = 0; i < confidences.length; i++) {
      int bin = Math.min(BINS - 1, Math.max(0, (int) Math.ceil(confidences[i] * BINS) - 1));
      samples[bin]++;
      confidence[bin] += confidences[i];
      right[bin] += answers[i] == targets[i] ? 1 : 0;
    }
  }

  /**
   * The bins that the error is the sum of.
   *
   * @return {@link #BINS} bins, the least confident first
   */
  public List<Bin> bins() {
    List<Bin> bins = new ArrayList<>();
    for (int bin = 0; bin < BINS; bin++) {
      bins.add(
          new Bin(
              (double) bin / BINS,
              (bin + 1.0) / BINS,
              samples[bin],
              confidence[bin] / samples[bin],
              (double) right[bin] / samples[bin]));
    }
    return bins;
  }

  @Override
  public double[] gathered() {
    double[] gathered = new double[3 * BINS + 1];
    for (int bin = 0; bin < BINS; bin++) {
      gathered[bin] = samples[bin];
      gathered[BINS + bin] = confidence[bin];
      gathered[2 * BINS + bin] = right[bin];
    }
    gathered[3 * BINS] = undefined ? 1 : 0;
    return gathered;
  }

  @Override
  public void merge(List<double[]> ranks) {
    double[] sums = MetricSums.add(ranks);
    for (int bin = 0; bin < BINS; bin++) {
      samples[bin] = (long) sums[bin];
      confidence[bin] = sums[BINS + bin];
      right[bin] = (long) sums[2 * BINS + bin];
    }
    undefined = sums[3 * BINS] > 0;
  }

  @Override
  public double value() {
    long all = 0;
    double gaps = 0;
    for (int bin = 0; bin < BINS; bin++) {
      all += samples[bin];
      gaps += Math.abs(right[bin] - confidence[bin]);
    }
    return all == 0 || undefined ? Double.NaN : gaps / all;
  }
}
