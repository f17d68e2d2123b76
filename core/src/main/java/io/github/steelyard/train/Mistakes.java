package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The share of wrong answers, named {@code error}, and the wrong answers that the network was
 * surest of: wrong labels and classes that look alike show there first. With target probabilities
 * the class of a sample is the most probable one. Not a number where a logit is none.
 */
public final class Mistakes implements Metric {
  /** The surest first; of equally sure ones the earlier sample. */
  private static final Comparator<Mistake> SUREST =
      Comparator.comparingDouble(Mistake::probability).reversed().thenComparing(Mistake::sample);

  private final int most;
  private final PriorityQueue<Mistake> surest = new PriorityQueue<>(SUREST.reversed());
  private int samples;
  private int wrong;
  private boolean undefined;

  /**
   * Creates the metric.
   *
   * @param most how many mistakes to keep, at least 0
   * @throws IllegalArgumentException if it is below 0
   */
  public Mistakes(int most) {
    if (most < 0) {
      throw new IllegalArgumentException("mistakes to keep must be at least 0, but are " + most);
    }
    this.most = most;
  }

  /**
   * A wrong answer.
   *
   * @param sample the sample's place in the source, from 0; for a loader that measures, its index
   *     in the data set
   * @param target its class
   * @param answer the class with the largest logit
   * @param probability that of the answer by softmax, in (0, 1]
   */
  public record Mistake(int sample, int target, int answer, double probability) {}

  @Override
  public String name() {
    return "error";
  }

  @Override
  public boolean higherIsBetter() {
    return false;
  }

  @Override
  public void reset() {
    surest.clear();
    samples = 0;
    wrong = 0;
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
    long[] targets = Logits.longs(Logits.classes(batch));
    long[] answers = Logits.answers(logits);
    double[] probabilities = Logits.confidences(logits);
    for (int i = 0; i < targets.length; i++) {
      if (answers[i] != targets[i]) {
        wrong++;
        keep(new Mistake(samples + i, (int) targets[i], (int) answers[i], probabilities[i]));
      }
    }
    samples += targets.length;
  }

  private void keep(Mistake mistake) {
    surest.add(mistake);
    if (surest.size() > most) {
      surest.remove();
    }
  }

  @Override
  public double[] gathered() {
    DoubleStream numbers =
        surest().stream()
            .flatMapToDouble(
                m -> DoubleStream.of(m.sample(), m.target(), m.answer(), m.probability()));
    return DoubleStream.concat(DoubleStream.of(samples, wrong, undefined ? 1 : 0), numbers)
        .toArray();
  }

  @Override
  public void merge(List<double[]> ranks) {
    reset();
    for (double[] rank : ranks) {
      for (int i = 3; i < rank.length; i += 4) {
        int sample = samples + (int) rank[i]; // each rank counts from its own first sample
        keep(new Mistake(sample, (int) rank[i + 1], (int) rank[i + 2], rank[i + 3]));
      }
      samples += (int) rank[0];
      wrong += (int) rank[1];
      undefined |= rank[2] > 0;
    }
  }

  /**
   * The wrong answers that the network was surest of.
   *
   * @return the surest first, as many as were to be kept at most
   */
  public List<Mistake> surest() {
    return surest.stream().sorted(SUREST).toList();
  }

  @Override
  public double value() {
    return samples == 0 || undefined ? Double.NaN : (double) wrong / samples;
  }
}
