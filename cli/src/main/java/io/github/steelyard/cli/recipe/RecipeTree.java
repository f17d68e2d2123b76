package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Recipes as they are written: their text, and what two of them do differently. */
final class RecipeTree {
  private static final Set<String> WHERE =
      Set.of("name", "description", "device", "from", "data.folder", "data.workers");
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  private RecipeTree() {}

  static String toYaml(ObjectNode tree) {
    try {
      return YAML.writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the recipe cannot be written as YAML", e);
    }
  }

  static List<String> differences(ObjectNode one, ObjectNode other) {
    Map<String, Object> mine = flat(one);
    Map<String, Object> theirs = flat(other);
    return changed(mine, theirs).stream()
        .map(key -> difference(key, mine.get(key), theirs.get(key)))
        .toList();
  }

  /** The keys whose values differ, apart from those that say where things are; sorted. */
  static Set<String> changed(ObjectNode one, ObjectNode other) {
    return changed(flat(one), flat(other));
  }

  private static Set<String> changed(Map<String, Object> mine, Map<String, Object> theirs) {
    Set<String> keys = new TreeSet<>(mine.keySet());
    keys.addAll(theirs.keySet());
    keys.removeAll(WHERE);
    keys.removeIf(key -> Objects.equals(mine.get(key), theirs.get(key)));
    return keys;
  }

  private static Map<String, Object> flat(ObjectNode tree) {
    Map<String, Object> values = new TreeMap<>();
    flatten("", tree, values);
    return values;
  }

  private static String difference(String key, Object mine, Object theirs) {
    if (mine == null) {
      return key + " was not given, but is " + theirs + " now";
    }
    return key + " is " + mine + (theirs == null ? ", but is not given now" : ", not " + theirs);
  }

  private static void flatten(String path, JsonNode node, Map<String, Object> into) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(entry -> flatten(Origins.join(path, entry.getKey()), entry.getValue(), into));
    } else if (node instanceof ArrayNode list && !list.isEmpty() && list.get(0).isObject()) {
      for (int i = 0; i < list.size(); i++) {
        flatten(Origins.join(path, String.valueOf(i)), list.get(i), into);
      }
    } else {
      into.put(path, node.toString());
    }
  }
}
