package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Changes to a recipe's tree: the quick variant and {@code --set optimizer.lr=0.01}. */
public final class Overrides {
  private Overrides() {}

  /**
   * Replaces values, mapping by mapping; lists and plain values are replaced as a whole.
   *
   * @param into is changed
   * @param changes what is written over it
   */
  public static void merge(ObjectNode into, ObjectNode changes) {
    changes
        .properties()
        .forEach(
            change -> {
              JsonNode below = into.get(change.getKey());
              if (below instanceof ObjectNode section
                  && change.getValue() instanceof ObjectNode changed
                  && !renames(section, changed)) {
                merge(section, changed);
              } else {
                // A copy: what is merged into it later must not reach other recipes of a study.
                into.set(change.getKey(), change.getValue().deepCopy());
              }
            });
  }

  /** Another optimizer, model or schedule does not inherit the options of the one it replaces. */
  private static boolean renames(ObjectNode section, ObjectNode changed) {
    return changed.has("name") && !changed.get("name").equals(section.get("name"));
  }

  /**
   * Applies what stands behind {@code --set}.
   *
   * @param root is changed
   * @param settings such as {@code optimizer.lr=0.01}
   * @param origins is told where the values come from
   * @throws RecipeException if one has no {@code =} or goes through a value that is no mapping
   */
  public static void set(ObjectNode root, List<String> settings, Origins origins) {
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      if (equals <= 0) {
        throw new RecipeException(
            "--set " + setting + ": write --set KEY=VALUE, such as --set optimizer.lr=0.01");
      }
      String path = setting.substring(0, equals).strip();
      origins.putOverride(path, setting);
      JsonNode value = YamlDocument.parseValue(origins, path, setting.substring(equals + 1));
      ObjectNode section = root;
      String[] keys = path.split("\\.", -1);
      for (int i = 0; i < keys.length - 1; i++) {
        JsonNode below = section.get(keys[i]);
        if (below == null || below.isNull()) {
          below = section.putObject(keys[i]);
        }
        if (below instanceof ArrayNode list && i + 1 < keys.length - 1) {
          i++;
          below = item(list, keys[i - 1], keys[i], path, origins);
        }
        if (!(below instanceof ObjectNode object)) {
          throw origins.error(
              path, "'" + keys[i] + "' is " + YamlDocument.kind(below) + ", not a mapping");
        }
        section = object;
      }
      if (value.isMissingNode()) {
        section.putNull(keys[keys.length - 1]);
      } else {
        section.set(keys[keys.length - 1], value);
      }
    }
  }

  /** An item of a list by its number from 0 or, if it is the only one of its kind, by its kind. */
  private static JsonNode item(
      ArrayNode list, String key, String name, String path, Origins origins) {
    if (name.matches("\\d{1,4}") && Integer.parseInt(name) < list.size()) {
      return list.get(Integer.parseInt(name));
    }
    List<JsonNode> alike = new ArrayList<>();
    list.forEach(
        item -> {
          if (item.path("kind").asText().equals(name)) {
            alike.add(item);
          }
        });
    if (alike.size() != 1) {
      throw origins.error(
          path,
          "'"
              + key
              + "' is a list: name an item by its number, from 0 to "
              + (list.size() - 1)
              + (alike.isEmpty() ? "" : ", as " + alike.size() + " are of the kind " + name));
    }
    return alike.get(0);
  }
}
