package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Some samples of a data set. Class indices and names stay those of the whole. */
public final class Subset implements Dataset {
  private final Dataset whole;
  private final String name;
  private final int[] indices;

  /**
   * Chooses samples.
   *
   * @param whole the data set to choose from
   * @param name what the subset is
   * @param indices the samples of the whole, in the order that they get here; copied
   * @throws IllegalArgumentException if there are none
   * @throws IndexOutOfBoundsException if an index is not in the whole
   */
  public Subset(Dataset whole, String name, int[] indices) {
    if (indices.length == 0) {
      throw new IllegalArgumentException(name + " holds no samples");
    }
    for (int index : indices) {
      Objects.checkIndex(index, whole.size());
    }
    this.whole = whole;
    this.name = name;
    this.indices = indices.clone();
  }

  /**
   * Draws samples so that each class has its share: its part of the whole, rounded by largest
   * remainder. Within a class each sample is equally likely; the order of the whole is kept.
   *
   * @param whole the data set to draw from
   * @param count how many samples to draw, from 1 to the size of the whole
   * @param seed decides which
   * @return the subset
   * @throws IllegalArgumentException if count is out of range
   */
  public static Subset stratified(Dataset whole, int count, long seed) {
    if (count < 1 || count > whole.size()) {
      throw new IllegalArgumentException(
          "%s holds %d samples; a subset has 1 to %d of them, not %d"
              .formatted(whole.name(), whole.size(), whole.size(), count));
    }
    int classes = whole.classNames().size();
    int[][] members = new int[classes][];
    for (int c = 0; c < classes; c++) {
      int label = c;
      members[c] = IntStream.range(0, whole.size()).filter(i -> whole.label(i) == label).toArray();
    }
    int[] shares = shares(members, whole.size(), count);
    IntStream chosen = IntStream.empty();
    for (int c = 0; c < classes; c++) {
      RandomGenerator random = new SplittableRandom(Seeds.derive(seed, c));
      chosen = IntStream.concat(chosen, Arrays.stream(draw(members[c], shares[c], random)));
    }
    return new Subset(
        whole, whole.name() + ", " + count + " of " + whole.size(), chosen.sorted().toArray());
  }

  /**
   * Draws the samples to measure on where data has no split of its own: a part of each class,
   * rounded, but at least one and never the last one. A class with a single sample keeps it for
   * training. {@link #complement()} is what to train on.
   *
   * @param whole the data set to split
   * @param fraction which part is held back, above 0 and below 1
   * @param seed decides which samples
   * @return the samples held back
   * @throws IllegalArgumentException if the fraction is out of range, or no class has two samples
   */
  public static Subset heldBack(Dataset whole, double fraction, long seed) {
    if (!(fraction > 0 && fraction < 1)) {
      throw new IllegalArgumentException(
          "the fraction must be above 0 and below 1, but is " + fraction);
    }
    IntStream chosen = IntStream.empty();
    for (int c = 0; c < whole.classNames().size(); c++) {
      int label = c;
      int[] members =
          IntStream.range(0, whole.size()).filter(i -> whole.label(i) == label).toArray();
      if (members.length > 1) {
        int share = (int) Math.round(members.length * fraction);
        int held = Math.max(1, Math.min(members.length - 1, share));
        RandomGenerator random = new SplittableRandom(Seeds.derive(seed, c));
        chosen = IntStream.concat(chosen, Arrays.stream(draw(members, held, random)));
      }
    }
    int[] indices = chosen.sorted().toArray();
    return new Subset(whole, whole.name() + ", " + indices.length + " held back", indices);
  }

  private static int[] shares(int[][] members, long size, long count) {
    int[] shares = new int[members.length];
    int given = 0;
    for (int c = 0; c < shares.length; c++) {
      shares[c] = (int) (members[c].length * count / size);
      given += shares[c];
    }
    IntStream.range(0, shares.length)
        .boxed()
        .sorted(Comparator.comparingLong(c -> -(members[c].length * count % size)))
        .limit(count - given)
        .forEach(c -> shares[c]++);
    return shares;
  }

  /** The first steps of a Fisher-Yates shuffle. */
  static int[] draw(int[] members, int count, RandomGenerator random) {
    int[] pool = members.clone();
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i, pool.length);
      int swapped = pool[j];
      pool[j] = pool[i];
      pool[i] = swapped;
    }
    return Arrays.copyOf(pool, count);
  }

  /**
   * The samples of the whole that are not in this subset, in the order of the whole: with {@link
   * #stratified}, the other side of a split.
   *
   * @return the rest
   * @throws IllegalArgumentException if nothing is left
   */
  public Subset complement() {
    BitSet taken = new BitSet();
    Arrays.stream(indices).forEach(taken::set);
    int[] rest = IntStream.range(0, whole.size()).filter(i -> !taken.get(i)).toArray();
    return new Subset(whole, whole.name() + " without " + indices.length + " samples", rest);
  }

  /**
   * Where a sample comes from.
   *
   * @param index from 0 to {@link #size()} - 1
   * @return its index in the whole
   */
  public int indexInWhole(int index) {
    return indices[index];
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public Sample sample(int index) throws IOException {
    return whole.sample(indices[index]);
  }

  @Override
  public int label(int index) {
    return whole.label(indices[index]);
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public Optional<ImageShape> shape() {
    return whole.shape();
  }

  @Override
  public List<Integer> parts() {
    return whole.parts();
  }

  @Override
  public String fingerprint() {
    return Fingerprint.of(whole, indices);
  }

  @Override
  public String describe(int index) {
    return whole.describe(indices[index]);
  }
}
