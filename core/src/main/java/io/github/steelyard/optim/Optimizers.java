package io.github.steelyard.optim;

import io.github.steelyard.runtime.Register;
import java.util.List;
import java.util.Map;

/** The register of optimizers: ours and those of jars on the class path. */
public final class Optimizers {
  private Optimizers() {}

  private static Register<OptimizerEntry<?>> register() {
    return Register.load("optimizer", OptimizerProvider.class, OptimizerProvider::optimizers);
  }

  /**
   * All optimizers.
   *
   * @return in the order of the class path
   * @throws io.github.steelyard.runtime.RegisterException if a provider cannot be loaded, or two
   *     claim one name
   */
  public static List<OptimizerEntry<?>> all() {
    return register().all();
  }

  /**
   * One optimizer.
   *
   * @param name such as {@code adamw}
   * @return its entry
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public static OptimizerEntry<?> get(String name) {
    return register().get(name);
  }

  /**
   * Makes an optimizer from a recipe's words.
   *
   * @param name such as {@code adamw}
   * @param groups the parameters with their rates
   * @param options values by option name, such as {@code beta1}; what is not named has its default
   * @return the optimizer
   * @throws IllegalArgumentException if the name or an option is unknown, or a value is out of
   *     range
   */
  public static Optimizer create(String name, List<ParameterGroup> groups, Map<String, ?> options) {
    return get(name).create(groups, options);
  }
}
