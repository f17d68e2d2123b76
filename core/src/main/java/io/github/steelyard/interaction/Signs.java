package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Seeds;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/** Random vectors of +1 and -1, the same for the same seed. */
final class Signs {
  private final SplittableRandom random;

  Signs(long seed, int use) {
    random = new SplittableRandom(Seeds.derive(seed, use));
  }

  Tensor draw(long... shape) {
    int count = 1;
    for (long size : shape) {
      count = Math.toIntExact(count * size);
    }
    double[] signs = new double[count];
    long bits = 0;
    for (int i = 0; i < count; i++) {
      if (i % Long.SIZE == 0) {
        bits = random.nextLong();
      }
      signs[i] = (bits >>> i & 1) == 0 ? 1 : -1;
    }
    return Tensor.create(signs, shape);
  }
}
