package io.github.steelyard.robust;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The random numbers of attacks. In a measurement each sample has its own, derived from the seed,
 * the attack and the sample's number, so that its result does not depend on which samples are
 * beside it. In training all come from libtorch's generator, whose state is in each checkpoint.
 */
final class Draws {
  private final long[] keys;
  private final long[] count;

  private Draws(long[] keys, long[] count) {
    this.keys = keys;
    this.count = count;
  }

  /** Those of libtorch's processor generator. */
  static Draws shared() {
    return new Draws(new long[0], null);
  }

  /** Those of the samples {@code first}, {@code first + 1}, ... under an attack. */
  static Draws perSample(long seed, Attack attack, long first, long samples) {
    long[] keys = new long[(int) samples];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = Seeds.derive(seed, attack.name().hashCode(), first + i);
    }
    return new Draws(keys, new long[1]);
  }

  /** Lets a network draw as it likes, from a seed, and puts the generator's state back. */
  static <T> T protect(long seed, Supplier<T> work) {
    Tensor before = Seeds.generatorState();
    try {
      torch.getDefaultCPUGenerator().set_current_seed(seed);
      return work.get();
    } finally {
      Seeds.restoreGenerator(before);
      before.close();
    }
  }

  /** The draws of some of the samples; they stay in step with those of the others. */
  Draws select(Tensor indices) {
    if (count == null) {
      return this;
    }
    long[] some = new long[(int) indices.numel()];
    Scope.run(() -> indices.cpu().contiguous().data_ptr_long().get(some));
    for (int i = 0; i < some.length; i++) {
      some[i] = keys[(int) some[i]];
    }
    return new Draws(some, count);
  }

  /** Uniform in [-1, 1), float [n, ...] on the processor. */
  Tensor uniform(long[] shape) {
    return count == null
        ? torch.empty(shape).uniform_(-1, 1, new GeneratorOptional())
        : fill(shape, random -> 2 * ((random.nextInt() >>> 8) * 0x1p-24f) - 1);
  }

  /** Standard normal, float [n, ...] on the processor. */
  Tensor normal(long[] shape) {
    return count == null ? torch.randn(shape) : fill(shape, Draws::gaussian);
  }

  private interface Drawing {
    float next(SplittableRandom random);
  }

  private Tensor fill(long[] shape, Drawing number) {
    int size = 1;
    for (int i = 1; i < shape.length; i++) {
      size = Math.multiplyExact(size, Math.toIntExact(shape[i]));
    }
    float[] values = new float[Math.multiplyExact(size, keys.length)];
    for (int sample = 0; sample < keys.length; sample++) {
      var random = new SplittableRandom(Seeds.derive(keys[sample], count[0]));
      for (int i = 0; i < size; i++) {
        values[sample * size + i] = number.next(random);
      }
    }
    count[0]++;
    return torch.tensor(values).reshape(shape);
  }

  /** Box and Muller's transform: the same numbers on every Java version, unlike nextGaussian. */
  private static float gaussian(SplittableRandom random) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
    return (float) (radius * StrictMath.cos(2 * Math.PI * random.nextDouble()));
  }
}
