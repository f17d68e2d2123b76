package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.robust.L1Penalty;
import io.github.steelyard.robust.LogDeterminantPenalty;
import io.github.steelyard.robust.OrthogonalityPenalty;
import io.github.steelyard.robust.TransformedL1Penalty;
import io.github.steelyard.train.Penalty;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a recipe asks of the weights themselves, besides the loss.
 *
 * @param penalties by their keys: {@code transformed_l1}, {@code log_condition}, {@code l1}, {@code
 *     orthogonality}
 */
public record PenaltiesRecipe(Map<String, Penalty> penalties) {
  private static final Map<String, Kind<?>> KINDS = kinds();

  /** A penalty whose settings have defaults, apart from its strength, of which it is an example. */
  private record Kind<P extends Record & Penalty>(P example) {
    Penalty read(Mapping section) {
      return section.readWith(List.of("strength"), example);
    }
  }

  private static Map<String, Kind<?>> kinds() {
    Map<String, Kind<?>> kinds = new LinkedHashMap<>();
    kinds.put("transformed_l1", new Kind<>(TransformedL1Penalty.of(1e-4)));
    kinds.put("log_condition", new Kind<>(LogDeterminantPenalty.of(1e-4)));
    kinds.put("l1", new Kind<>(L1Penalty.of(1e-4)));
    kinds.put("orthogonality", new Kind<>(OrthogonalityPenalty.of(1e-4)));
    return Collections.unmodifiableMap(kinds);
  }

  /**
   * Copies the map.
   *
   * @param penalties by their keys
   */
  public PenaltiesRecipe {
    penalties = Collections.unmodifiableMap(new LinkedHashMap<>(penalties));
  }

  static PenaltiesRecipe read(Mapping section) {
    section.allowOnly(KINDS.keySet());
    Map<String, Penalty> penalties = new LinkedHashMap<>();
    KINDS.forEach(
        (key, kind) -> {
          if (section.has(key)) {
            penalties.put(key, kind.read(section.section(key)));
          }
        });
    return new PenaltiesRecipe(penalties);
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    penalties.forEach((key, penalty) -> tree.set(key, Mapping.MAPPER.valueToTree(penalty)));
    return tree;
  }
}
