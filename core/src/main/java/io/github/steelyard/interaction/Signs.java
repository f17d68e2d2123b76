package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Seeds;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/** Random vectors of +1 and -1, the same for the same seed and batch. */
final class Signs {
  private final long seed;
  private final int use;

  Signs(long seed, int use) {
    this.seed = seed;
    this.use = use;
  }

  /** Those of a batch, whichever rank has it. */
  Tensor draw(int batch, long... shape) {
    SplittableRandom random = new SplittableRandom(Seeds.derive(seed, use, batch));
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
