package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * A data set with wrong labels, for training under noise: a given fraction of the samples, chosen
 * at random, get a class that is not theirs, each other class being equally likely (symmetric
 * noise). Images stay as they are. Use it for training data only.
 */
public final class NoisyLabels implements Dataset {
  private final Dataset clean;
  private final double fraction;
  private final int[] labels;

  /**
   * Replaces labels.
   *
   * @param clean the data with its own labels
   * @param fraction which part of the labels becomes wrong, from 0 to 1; rounded to whole samples
   * @param seed decides which, and to what
   * @throws IllegalArgumentException if the fraction is out of range, or above 0 where there is one
   *     class only
   */
  public NoisyLabels(Dataset clean, double fraction, long seed) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new IllegalArgumentException(
          "fraction must be from 0 to 1 (of all labels), but is " + fraction);
    }
    int classes = clean.classNames().size();
    if (fraction > 0 && classes < 2) {
      throw new IllegalArgumentException(
          clean.name() + " has a single class, so there is no wrong label");
    }
    this.clean = clean;
    this.fraction = fraction;
    labels = IntStream.range(0, clean.size()).map(clean::label).toArray();
    for (int index : wrong(labels.length, Math.round(fraction * labels.length), seed)) {
      RandomGenerator random = new SplittableRandom(Seeds.derive(seed, 1, index));
      labels[index] = (labels[index] + 1 + random.nextInt(classes - 1)) % classes;
    }
  }

  private static int[] wrong(int size, long count, long seed) {
    RandomGenerator random = new SplittableRandom(Seeds.derive(seed, 0));
    return Subset.draw(IntStream.range(0, size).toArray(), Math.toIntExact(count), random);
  }

  @Override
  public String name() {
    String percent =
        BigDecimal.valueOf(fraction).movePointRight(2).stripTrailingZeros().toPlainString();
    return clean.name() + ", " + percent + " % of labels wrong";
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Sample sample(int index) throws IOException {
    return new Sample(clean.sample(index).image(), labels[index]);
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public List<String> classNames() {
    return clean.classNames();
  }

  @Override
  public Optional<ImageShape> shape() {
    return clean.shape();
  }

  @Override
  public String fingerprint() {
    return Fingerprint.of(clean, labels);
  }

  @Override
  public String describe(int index) {
    return clean.describe(index);
  }
}
