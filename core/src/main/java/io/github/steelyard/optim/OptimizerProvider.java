package io.github.steelyard.optim;

import java.util.List;

/**
 * Brings optimizers by name. A jar names its provider in {@code
 * META-INF/services/io.github.steelyard.optim.OptimizerProvider}; recipes then write {@code
 * optimizer: {name: <name>}}, programs {@link Optimizers#create}. An optimizer is one file: a
 * {@link SlotOptimizer} with the record that configures it and its provider nested in it.
 *
 * <pre>{@code
 * public final class Lion extends SlotOptimizer {
 *   public record Configuration(double beta1, double beta2) {...}
 *   ...
 *   public static final class Provider implements OptimizerProvider {
 *     public List<OptimizerEntry<?>> optimizers() {
 *       return List.of(
 *           new OptimizerEntry<>(
 *               "lion", "steps of one size, by the sign of the momentum",
 *               Configuration.class, new Configuration(0.9, 0.99), 1e-4, 0, Lion::new));
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>The line in the services file is the binary name, {@code com.example.Lion$Provider}. The
 * provider needs a public constructor without arguments. The components of the record are the
 * options of recipes, in snake case; its constructor refuses what makes no sense, in a message that
 * names the component.
 */
public interface OptimizerProvider {
  /**
   * The optimizers of one jar.
   *
   * @return at least one
   */
  List<OptimizerEntry<?>> optimizers();
}
