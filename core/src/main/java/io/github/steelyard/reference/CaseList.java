package io.github.steelyard.reference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.SafeTensorsFile;
import java.util.ArrayList;
import java.util.List;

/** The cases of a file whose metadata holds a JSON list of their settings. */
final class CaseList {
  private static final JsonMapper JSON = new JsonMapper();

  private CaseList() {}

  /** Whether a file says that it is of a kind. */
  static boolean isKind(SafeTensorsFile file, String kind) {
    return kind.equals(file.metadata().get("kind"));
  }

  /** The settings of each case, at least one. */
  static List<JsonNode> of(SafeTensorsFile file, String key) {
    String text = file.metadata().getOrDefault(key, "");
    JsonNode list;
    try {
      list = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "the metadata '" + key + "' cannot be understood: " + text, e);
    }
    if (!list.isArray() || list.isEmpty()) {
      throw new IllegalArgumentException(
          "the metadata '" + key + "' must be a list with an entry for each case, but is " + text);
    }
    List<JsonNode> cases = new ArrayList<>();
    list.forEach(cases::add);
    return cases;
  }

  /** A number of a case. */
  static double number(JsonNode settings, String name) {
    JsonNode value = settings.isNumber() ? settings : settings.path(name);
    if (!value.isNumber()) {
      throw new IllegalArgumentException(
          "a case must have the number '" + name + "', but is " + settings);
    }
    return value.doubleValue();
  }
}
