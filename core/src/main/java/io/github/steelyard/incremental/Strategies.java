package io.github.steelyard.incremental;

import io.github.steelyard.runtime.Register;
import java.util.List;

/** The register of strategies: ours and those of jars on the class path. */
public final class Strategies {
  private Strategies() {}

  private static Register<Strategy> register() {
    return Register.load("strategy", StrategyProvider.class, StrategyProvider::strategies);
  }

  /**
   * All strategies.
   *
   * @return in the order of the class path
   * @throws io.github.steelyard.runtime.RegisterException if a provider cannot be loaded, or two
   *     claim one name
   */
  public static List<Strategy> all() {
    return register().all();
  }

  /**
   * One strategy.
   *
   * @param name such as {@code wa}
   * @return the strategy
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public static Strategy get(String name) {
    return register().get(name);
  }
}
