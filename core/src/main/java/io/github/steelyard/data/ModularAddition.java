package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Sums of two numbers modulo p (Power, Burda, Edwards, Babuschkin and Misra, Grokking, 2022; Nanda,
 * Chan, Lieberum, Smith and Steinhardt, ICLR 2023): the data of {@link
 * io.github.steelyard.nn.models.ModularAdditionTransformer}. A sample is the three tokens {@code a,
 * b, p}, each a row with one white pixel among p + 1, so that whatever reads images reads it; its
 * class is {@code (a + b) mod p}. All sums are in one of the two parts.
 */
public final class ModularAddition implements Dataset {
  private static final int TOKENS = 3;

  private final int prime;
  private final int[] pairs;
  private final InMemoryDataset images;

  private ModularAddition(String name, int prime, int[] pairs) {
    this.prime = prime;
    this.pairs = pairs;
    ImageShape shape = new ImageShape(1, TOKENS, prime + 1);
    byte[] pixels = new byte[Math.multiplyExact(pairs.length, shape.values())];
    int[] sums = new int[pairs.length];
    for (int i = 0; i < pairs.length; i++) {
      int[] tokens = {pairs[i] / prime, pairs[i] % prime, prime};
      for (int t = 0; t < TOKENS; t++) {
        pixels[i * shape.values() + t * (prime + 1) + tokens[t]] = (byte) 255;
      }
      sums[i] = (tokens[0] + tokens[1]) % prime;
    }
    List<String> classes = IntStream.range(0, prime).mapToObj(Integer::toString).toList();
    images = new InMemoryDataset(name, shape, pixels, sums, classes);
  }

  /**
   * One part of the sums.
   *
   * @param configuration p and the split
   * @param split which part
   * @return the sums of that part, in random order
   */
  public static ModularAddition of(ModularAdditionConfiguration configuration, Split split) {
    int prime = configuration.prime();
    int count = prime * prime;
    int learned = (int) (configuration.trainShare() * count);
    int[] order =
        SampleOrder.shuffled(
            count, new SplittableRandom(Seeds.derive(configuration.splitSeed(), prime)));
    boolean training = split == Split.TRAIN;
    return new ModularAddition(
        "addition modulo %d (%s sums)".formatted(prime, training ? "training" : "test"),
        prime,
        IntStream.of(order)
            .skip(training ? 0 : learned)
            .limit(training ? learned : count)
            .toArray());
  }

  @Override
  public String name() {
    return images.name();
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public Sample sample(int index) {
    return images.sample(index);
  }

  @Override
  public int label(int index) {
    return images.label(index);
  }

  @Override
  public List<String> classNames() {
    return images.classNames();
  }

  @Override
  public Optional<ImageShape> shape() {
    return images.shape();
  }

  @Override
  public String fingerprint() {
    return images.fingerprint();
  }

  @Override
  public String describe(int index) {
    return pairs[index] / prime + " + " + pairs[index] % prime;
  }
}
