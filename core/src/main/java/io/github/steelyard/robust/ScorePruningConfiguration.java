package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import java.util.List;

/**
 * Which weights {@link ScorePruning} chooses among.
 *
 * @param keep the share of each layer's weights that stays, above 0 and below 1; the papers have
 *     0.1, 0.05 and 0.01
 * @param layers which layers, by patterns as in {@link LayerWeights#matching}
 * @param except which of these are left alone, by the same patterns; may be empty
 */
public record ScorePruningConfiguration(double keep, List<String> layers, List<String> except) {
  /**
   * Checks the values.
   *
   * @param keep above 0 and below 1
   * @param layers at least one pattern
   * @param except patterns; may be empty
   * @throws IllegalArgumentException if a value is out of range
   */
  public ScorePruningConfiguration {
    requireKeep(keep);
    layers = LayerWeights.requirePatterns(layers, "pruning by scores");
    except =
        except.isEmpty()
            ? List.of()
            : LayerWeights.requirePatterns(except, "pruning by scores: except");
  }

  static void requireKeep(double keep) {
    if (!(keep > 0 && keep < 1)) {
      throw new IllegalArgumentException(
          "keep must be above 0 and below 1, but is "
              + keep
              + (keep == 0 ? "; without weights nothing is left to compute" : "")
              + (keep == 1 ? "; then nothing is pruned" : "")
              + (keep > 1 && keep < 100 ? "; " + keep + " percent are " + keep / 100 : ""));
    }
  }

  /**
   * All layers.
   *
   * @param keep the share of each layer's weights that stays, above 0 and below 1
   * @return the configuration
   * @throws IllegalArgumentException if the share is out of range
   */
  public static ScorePruningConfiguration of(double keep) {
    return new ScorePruningConfiguration(keep, List.of("*"), List.of());
  }
}
