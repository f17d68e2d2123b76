package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import java.util.List;

/**
 * Which weights are pruned by {@link MagnitudePruning}.
 *
 * @param sparsity the share of weights that become zero, above 0 and below 1
 * @param ranking whether each layer loses this share, or all together
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}
 * @param except which of these are left alone, by the same patterns; may be empty
 */
public record PruningConfiguration(
    double sparsity, Ranking ranking, List<String> layers, List<String> except) {

  /** Which weights are compared with which. */
  public enum Ranking {
    /** Those of a layer among themselves: each layer gets the same sparsity. */
    LAYER,
    /** All of them: layers of small weights lose more. */
    GLOBAL
  }

  /**
   * Checks the values.
   *
   * @param sparsity above 0 and below 1
   * @param ranking which weights are compared
   * @param layers at least one pattern
   * @param except patterns; may be empty
   * @throws IllegalArgumentException if a value is out of range
   */
  public PruningConfiguration {
    if (!(sparsity > 0 && sparsity < 1)) {
      throw new IllegalArgumentException(
          "sparsity must be above 0 and below 1, but is "
              + sparsity
              + (sparsity >= 1 && sparsity <= 100
                  ? "; " + sparsity + " percent are " + sparsity / 100
                  : "")
              + (sparsity == 1 ? "; without weights nothing is left to compute" : ""));
    }
    layers = LayerWeights.requirePatterns(layers, "pruning");
    except = except.isEmpty() ? List.of() : LayerWeights.requirePatterns(except, "pruning: except");
  }

  /**
   * All layers, compared with one another.
   *
   * @param sparsity the share of weights that become zero, above 0 and below 1
   * @return the configuration
   * @throws IllegalArgumentException if the sparsity is out of range
   */
  public static PruningConfiguration global(double sparsity) {
    return new PruningConfiguration(sparsity, Ranking.GLOBAL, List.of("*"), List.of());
  }

  /**
   * All layers, each by itself.
   *
   * @param sparsity the share of weights that become zero, above 0 and below 1
   * @return the configuration
   * @throws IllegalArgumentException if the sparsity is out of range
   */
  public static PruningConfiguration layerWise(double sparsity) {
    return new PruningConfiguration(sparsity, Ranking.LAYER, List.of("*"), List.of());
  }
}
