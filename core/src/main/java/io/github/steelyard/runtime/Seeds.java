package io.github.steelyard.runtime;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Explicit randomness. libtorch draws (initial weights, dropout) come from one generator that is
 * seeded here and whose state is saved with every checkpoint. Draws in Java (data order,
 * augmentation) are derived from the seed and a position, and so need no state at all.
 */
public final class Seeds {
  private Seeds() {}

  /**
   * Seeds libtorch's generators on every device.
   *
   * @param seed any value
   */
  public static void set(long seed) {
    Engine.start();
    torch.manual_seed(seed);
  }

  /**
   * The state of libtorch's processor generator.
   *
   * @return a byte tensor of the state, kept beyond the current scope
   */
  public static Tensor generatorState() {
    Engine.start();
    return Scope.compute(() -> torch.getDefaultCPUGenerator().get_state());
  }

  /**
   * Continues libtorch's processor generator from a saved state.
   *
   * @param state what {@link #generatorState()} returned
   */
  public static void restoreGenerator(Tensor state) {
    Engine.start();
    Scope.run(() -> torch.getDefaultCPUGenerator().set_state(state));
  }

  /**
   * Derives the seed of one use from the run's seed: the same inputs give the same seed, different
   * inputs unrelated ones.
   *
   * @param seed the run's seed
   * @param positions where the use is, such as epoch and sample index
   * @return a well mixed seed
   */
  public static long derive(long seed, long... positions) {
    long mixed = mix(seed);
    for (long position : positions) {
      mixed = mix(mixed ^ mix(position + 0x9E3779B97F4A7C15L));
    }
    return mixed;
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
