package io.github.steelyard.interaction;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.runtime.Seeds;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/**
 * All sums of two numbers modulo p, split at random: the data of {@link
 * io.github.steelyard.nn.models.ModularAdditionTransformer}. Inputs int64 [n, 3] hold {@code a, b,
 * p}, targets {@code (a + b) mod p}.
 *
 * @param training the sums to learn from
 * @param test all others
 */
public record ModularAddition(TensorBatches training, TensorBatches test) {
  /** Batches of one epoch: all samples at once, as the paper trains. */
  private static final int MOST = 1 << 20;

  /**
   * Splits the sums.
   *
   * @param prime p, from 2 to 1000; 113 in the paper
   * @param share the share of the sums to learn from, above 0 and below 1; 0.3 in the paper
   * @param seed decides the split
   * @return each part as one batch
   * @throws IllegalArgumentException if a number is out of range or a part would be empty
   */
  public static ModularAddition of(int prime, double share, long seed) {
    if (prime < 2 || prime > 1000) {
      throw new IllegalArgumentException("prime must be from 2 to 1000, but is " + prime);
    }
    int count = prime * prime;
    int learned = (int) (share * count);
    if (!(learned > 0 && learned < count)) {
      throw new IllegalArgumentException(
          "the share must leave sums to learn from and sums to test, but " + share + " does not");
    }
    int[] order = new int[count];
    SplittableRandom random = new SplittableRandom(Seeds.derive(seed, prime));
    for (int i = 0; i < count; i++) {
      int place = random.nextInt(i + 1);
      order[i] = order[place];
      order[place] = i;
    }
    return new ModularAddition(part(order, 0, learned, prime), part(order, learned, count, prime));
  }

  private static TensorBatches part(int[] order, int from, int to, int prime) {
    long[] tokens = new long[3 * (to - from)];
    long[] sums = new long[to - from];
    for (int i = from; i < to; i++) {
      long a = order[i] / prime;
      long b = order[i] % prime;
      tokens[3 * (i - from)] = a;
      tokens[3 * (i - from) + 1] = b;
      tokens[3 * (i - from) + 2] = prime;
      sums[i - from] = (a + b) % prime;
    }
    return TensorBatches.ordered(
        Tensor.create(tokens, sums.length, 3), Tensor.create(sums, (long) sums.length), MOST);
  }
}
