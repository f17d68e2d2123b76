package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.data.CenterCrop;
import io.github.steelyard.data.Interpolation;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.RandAugment;
import io.github.steelyard.data.RandomCrop;
import io.github.steelyard.data.RandomErasing;
import io.github.steelyard.data.RandomHorizontalFlip;
import io.github.steelyard.data.RandomResizedCrop;
import io.github.steelyard.data.Resize;
import io.github.steelyard.runtime.Suggestion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The steps of the augmentation, written as {@code - random_crop: {height: 32, width: 32}}. */
final class TransformRecipe {
  private TransformRecipe() {}

  /** A row: the options' defaults, and those among them that only the recipe can know. */
  private record Row(Record defaults, List<String> required) {}

  private static final Map<String, Row> TABLE = table();

  private static Map<String, Row> table() {
    Map<String, Row> table = new LinkedHashMap<>();
    add(table, new RandomCrop(32, 32, 4), "height", "width");
    add(table, RandomResizedCrop.of(224), "height", "width");
    add(table, new Resize(256, Interpolation.BILINEAR), "size");
    add(table, new CenterCrop(224, 224), "height", "width");
    add(table, new RandomHorizontalFlip(0.5));
    add(table, RandAugment.of(Normalization.IMAGENET));
    add(table, RandomErasing.of(0.25, RandomErasing.Fill.PIXEL));
    return table;
  }

  private static void add(Map<String, Row> table, Record defaults, String... required) {
    String name = Mapping.snakeCase(defaults.getClass().getSimpleName());
    table.put(name, new Row(defaults, List.of(required)));
  }

  static Record read(Mapping list, int index, JsonNode entry) {
    String key = String.valueOf(index);
    if (entry.isTextual()) {
      return read(list, key, entry.textValue(), Mapping.MAPPER.createObjectNode());
    }
    if (entry instanceof ObjectNode object && object.size() == 1) {
      String name = object.fieldNames().next();
      JsonNode options = object.get(name);
      if (options instanceof ObjectNode mapping) {
        return read(list, key, name, mapping);
      }
      if (options.isNull()) {
        return read(list, key, name, Mapping.MAPPER.createObjectNode());
      }
    }
    throw list.error(
        key,
        "must be one transform with its options, such as random_crop: {height: 32, width: 32},"
            + " but is "
            + YamlDocument.kind(entry));
  }

  private static Record read(Mapping list, String key, String name, ObjectNode options) {
    Row row = TABLE.get(name);
    if (row == null) {
      throw list.error(
          key, "there is no transform '" + name + "'" + Suggestion.clause(name, TABLE.keySet()));
    }
    Mapping section = list.below(key + "." + name, options);
    for (String required : row.required()) {
      if (!section.has(required)) {
        throw section.error("", "needs the key '" + required + "'");
      }
    }
    return bind(section, row.defaults());
  }

  private static <R extends Record> R bind(Mapping section, R defaults) {
    @SuppressWarnings("unchecked")
    Class<R> type = (Class<R>) defaults.getClass();
    return section.read(type, defaults);
  }

  static List<String> names() {
    return List.copyOf(TABLE.keySet());
  }

  /** A transform as it is written. */
  static ObjectNode toTree(Record transform) {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    tree.set(
        Mapping.snakeCase(transform.getClass().getSimpleName()),
        Mapping.MAPPER.valueToTree(transform));
    return tree;
  }
}
