package io.github.steelyard.optim;

import io.github.steelyard.runtime.Suggestion;
import java.util.List;
import java.util.Map;

/** The table of optimizers. It drives recipes, listings and the tests that visit every one. */
public final class Optimizers {
  private static final List<OptimizerEntry<?>> TABLE =
      List.of(
          new OptimizerEntry<>(
              SGD.NAME,
              "stochastic gradient descent with momentum, L2 or decoupled decay",
              SGDConfiguration.class,
              SGDConfiguration.defaults(),
              1e-3,
              0,
              SGD::new),
          new OptimizerEntry<>(
              Adam.NAME,
              "adaptive moments, the decay joins the gradient",
              AdamConfiguration.class,
              AdamConfiguration.defaults(),
              1e-3,
              0,
              Adam::new),
          new OptimizerEntry<>(
              AdamW.NAME,
              "adaptive moments with decoupled weight decay",
              AdamWConfiguration.class,
              AdamWConfiguration.defaults(),
              1e-3,
              1e-2,
              AdamW::new),
          new OptimizerEntry<>(
              SGDP.NAME,
              "momentum SGD whose steps do not lengthen scale-invariant weights",
              SGDPConfiguration.class,
              SGDPConfiguration.defaults(),
              0.1,
              0,
              SGDP::new),
          new OptimizerEntry<>(
              AdamP.NAME,
              "AdamW whose steps do not lengthen scale-invariant weights",
              AdamPConfiguration.class,
              AdamPConfiguration.defaults(),
              1e-3,
              0,
              AdamP::new));

  private Optimizers() {}

  /**
   * All optimizers.
   *
   * @return the rows of the table
   */
  public static List<OptimizerEntry<?>> all() {
    return TABLE;
  }

  /**
   * One optimizer.
   *
   * @param name such as {@code adamw}
   * @return its row
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public static OptimizerEntry<?> get(String name) {
    return TABLE.stream()
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no optimizer '"
                        + name
                        + "'"
                        + Suggestion.clause(
                            name, TABLE.stream().map(OptimizerEntry::name).toList())));
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
