package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.robust.ConditionNumberConstraint;
import io.github.steelyard.robust.L1Penalty;
import io.github.steelyard.robust.OrthogonalityPenalty;
import io.github.steelyard.robust.TransformedSparseConstraint;
import io.github.steelyard.train.Penalty;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a recipe asks of the weights themselves, besides the loss.
 *
 * @param penalties by their keys: {@code tsc}, {@code cnc}, {@code l1}, {@code orthogonality}
 */
public record PenaltiesRecipe(Map<String, Penalty> penalties) {
  private static final List<String> KEYS = List.of("tsc", "cnc", "l1", "orthogonality");

  /**
   * Copies the map.
   *
   * @param penalties by their keys
   */
  public PenaltiesRecipe {
    penalties = Collections.unmodifiableMap(new LinkedHashMap<>(penalties));
  }

  static PenaltiesRecipe read(Section section) {
    section.allowOnly(KEYS);
    Map<String, Penalty> penalties = new LinkedHashMap<>();
    for (String key : KEYS) {
      if (section.has(key)) {
        penalties.put(key, penalty(key, section.section(key)));
      }
    }
    return new PenaltiesRecipe(penalties);
  }

  private static Penalty penalty(String key, Section section) {
    if (!section.has("strength")) {
      throw section.error("", "needs the key 'strength', such as strength: 1e-4");
    }
    return switch (key) {
      case "tsc" ->
          section.read(TransformedSparseConstraint.class, TransformedSparseConstraint.of(0));
      case "cnc" -> section.read(ConditionNumberConstraint.class, ConditionNumberConstraint.of(0));
      case "l1" -> section.read(L1Penalty.class, L1Penalty.of(0));
      default -> section.read(OrthogonalityPenalty.class, OrthogonalityPenalty.of(0));
    };
  }

  ObjectNode toTree() {
    ObjectNode tree = Section.MAPPER.createObjectNode();
    penalties.forEach((key, penalty) -> tree.set(key, Section.MAPPER.valueToTree(penalty)));
    return tree;
  }
}
