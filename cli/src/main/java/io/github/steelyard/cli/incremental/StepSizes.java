package io.github.steelyard.cli.incremental;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.incremental.Scenario;
import java.util.ArrayList;
import java.util.List;

/**
 * How many classes each step brings: listed, or a first number and an increment until all classes
 * have arrived.
 *
 * @param listed the number of each step; empty where first and increment say it
 * @param first how many classes the first step brings; 0 where the numbers are listed
 * @param increment how many each further step brings; 0 where the numbers are listed
 */
public record StepSizes(List<Integer> listed, int first, int increment) {
  private static final String KEY = "steps";
  private static final String EXAMPLE =
      "a list such as [2, 2, 2, 2, 2], or a mapping such as {first: 50, increment: 10}";

  /** The mapping, as it is written. */
  private record Growth(int first, int increment) {}

  /**
   * Copies the list.
   *
   * @param listed the number of each step
   * @param first how many classes the first step brings
   * @param increment how many each further step brings
   */
  public StepSizes {
    listed = List.copyOf(listed);
  }

  static StepSizes read(Mapping section) {
    JsonNode written = section.get(KEY);
    if (written == null || written.isNull()) {
      throw section.error("", "needs the key '" + KEY + "': " + EXAMPLE);
    }
    if (written instanceof ArrayNode list) {
      return new StepSizes(sizes(section, list), 0, 0);
    }
    if (written.isObject()) {
      Mapping below = section.section(KEY);
      Growth growth = below.read(Growth.class, new Growth(0, 0));
      atLeastOne(below, "first", growth.first());
      atLeastOne(below, "increment", growth.increment());
      return new StepSizes(List.of(), growth.first(), growth.increment());
    }
    throw section.error(KEY, "must be " + EXAMPLE + ", but is " + YamlDocument.kind(written));
  }

  private static List<Integer> sizes(Mapping section, ArrayNode list) {
    if (list.isEmpty()) {
      throw section.error(KEY, "must hold at least one step, such as [2, 2, 2, 2, 2]");
    }
    Mapping below = section.below(KEY, Mapping.MAPPER.createObjectNode());
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode size = list.get(i);
      if (!size.isIntegralNumber() || size.asLong() < 1 || size.asLong() > Integer.MAX_VALUE) {
        throw below.error(
            String.valueOf(i),
            "must be how many classes the step brings, at least 1, but is "
                + YamlDocument.kind(size));
      }
      sizes.add(size.intValue());
    }
    return sizes;
  }

  private static void atLeastOne(Mapping section, String key, int value) {
    if (value < 1) {
      throw section.error(
          key, "must be at least 1, but is " + (section.has(key) ? value : "missing"));
    }
  }

  /**
   * The number of classes of each step.
   *
   * @param classes how many classes there are
   * @return the sizes
   * @throws IllegalArgumentException if the first step brings more than there are
   */
  public List<Integer> of(int classes) {
    return listed.isEmpty() ? Scenario.sizes(classes, first, increment) : listed;
  }

  JsonNode toTree() {
    if (listed.isEmpty()) {
      ObjectNode tree = Mapping.MAPPER.createObjectNode();
      return tree.put("first", first).put("increment", increment);
    }
    return Mapping.MAPPER.valueToTree(listed);
  }
}
