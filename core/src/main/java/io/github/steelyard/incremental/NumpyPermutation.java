package io.github.steelyard.incremental;

/**
 * The permutation that NumPy draws after {@code numpy.random.seed(seed)}. The literature's class
 * orders are these: seed 1993 gives 68, 56, 78, 8, 23, ... for CIFAR-100. No library on Maven
 * Central that is still kept seeds the Mersenne Twister with one number as NumPy does.
 */
final class NumpyPermutation {
  private static final int WORDS = 624;
  private static final int SHIFT = 397;
  private static final long LARGEST_SEED = 0xFFFFFFFFL;

  private final int[] words = new int[WORDS];
  private int next = WORDS;

  private NumpyPermutation(long seed) {
    words[0] = (int) seed;
    for (int i = 1; i < WORDS; i++) {
      words[i] = 1812433253 * (words[i - 1] ^ (words[i - 1] >>> 30)) + i;
    }
  }

  /** Numbers 0 to n - 1 in the order that the seed gives. */
  static int[] of(int n, long seed) {
    if (seed < 0 || seed > LARGEST_SEED) {
      throw new IllegalArgumentException(
          "the seed of a class order must be 0 to "
              + LARGEST_SEED
              + ", as NumPy takes it, but is "
              + seed);
    }
    NumpyPermutation random = new NumpyPermutation(seed);
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = random.upTo(i);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /** A number from 0 to the largest, by masking and rejection. */
  private int upTo(int largest) {
    int mask = -1 >>> Integer.numberOfLeadingZeros(largest);
    int value;
    do {
      value = draw() & mask;
    } while (value > largest);
    return value;
  }

  private int draw() {
    if (next == WORDS) {
      for (int i = 0; i < WORDS; i++) {
        int mixed = (words[i] & 0x80000000) | (words[(i + 1) % WORDS] & 0x7FFFFFFF);
        int twist = (mixed & 1) == 0 ? 0 : 0x9908B0DF;
        words[i] = words[(i + SHIFT) % WORDS] ^ (mixed >>> 1) ^ twist;
      }
      next = 0;
    }
    int y = words[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9D2C5680;
    y ^= (y << 15) & 0xEFC60000;
    return y ^ (y >>> 18);
  }
}
