package io.github.steelyard.data;

import io.github.steelyard.runtime.Seeds;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Which samples an epoch has, in which order: by seed and epoch only. */
final class SampleOrder {
  static final int ORDER = 0;

  private SampleOrder() {}

  /** The samples of an epoch of so many. */
  static int[] of(Dataset dataset, LoaderConfiguration configuration, long epoch, int length) {
    if (!configuration.shuffle()) {
      return IntStream.range(0, dataset.size()).toArray();
    }
    RandomGenerator random = new SplittableRandom(Seeds.derive(configuration.seed(), epoch, ORDER));
    return configuration.balanced()
        ? balanced(dataset, length, random)
        : shuffled(dataset.size(), random);
  }

  /**
   * As many of each class as of any other, or one more; of a class's samples, each as often as any
   * other, or once more.
   */
  private static int[] balanced(Dataset dataset, int length, RandomGenerator random) {
    int[][] members = members(dataset);
    int[] classes = shuffled(members.length, random);
    int[] drawn = new int[length];
    int filled = 0;
    for (int rank = 0; rank < classes.length; rank++) {
      int[] own = members[classes[rank]];
      int quota = length / classes.length + (rank < length % classes.length ? 1 : 0);
      for (int done = 0; done < quota; done += own.length) {
        int[] order = shuffled(own.length, random);
        for (int i = 0; i < Math.min(own.length, quota - done); i++) {
          drawn[filled++] = own[order[i]];
        }
      }
    }
    int[] places = shuffled(length, random);
    return Arrays.stream(places).map(place -> drawn[place]).toArray();
  }

  /** The samples of each class that has some. */
  private static int[][] members(Dataset dataset) {
    int[] counts = ClassBalance.counts(dataset);
    int[][] members = new int[counts.length][];
    for (int c = 0; c < counts.length; c++) {
      members[c] = new int[counts[c]];
    }
    for (int i = dataset.size() - 1; i >= 0; i--) {
      int label = dataset.label(i);
      members[label][--counts[label]] = i;
    }
    return Arrays.stream(members).filter(own -> own.length > 0).toArray(int[][]::new);
  }

  /** The numbers from 0 in random order. */
  static int[] shuffled(int count, RandomGenerator random) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int place = random.nextInt(i + 1);
      order[i] = order[place];
      order[place] = i;
    }
    return order;
  }
}
