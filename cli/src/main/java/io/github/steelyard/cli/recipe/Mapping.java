package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.robust.ThreatModel;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** A mapping of a recipe: reads keys strictly and says where a wrong one stands. */
public final class Mapping {
  /** Reads and writes values of recipes: keys in snake case, no number for a text or a flag. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private final ObjectNode node;
  private final String path;
  private final Origins origins;

  /**
   * A mapping that stands somewhere in a file.
   *
   * @param node its keys and values
   * @param path where it stands, such as {@code data.loading}; empty at the top
   * @param origins where keys were written, for messages
   */
  public Mapping(ObjectNode node, String path, Origins origins) {
    this.node = node;
    this.path = path;
    this.origins = origins;
  }

  Origins origins() {
    return origins;
  }

  /**
   * The keys and values themselves.
   *
   * @return the tree, not a copy
   */
  public ObjectNode node() {
    return node;
  }

  /**
   * Whether a key is there with a value.
   *
   * @param key in this mapping
   * @return false if it is missing or null
   */
  public boolean has(String key) {
    return node.hasNonNull(key);
  }

  /**
   * The mapping around this one, for messages about keys beside it; without their values.
   *
   * @return the mapping without its values
   */
  public Mapping parent() {
    int dot = path.lastIndexOf('.');
    return new Mapping(MAPPER.createObjectNode(), dot < 0 ? "" : path.substring(0, dot), origins);
  }

  /**
   * The section below a key; an empty one where the key is missing.
   *
   * @param key in this mapping
   * @return the mapping below it
   * @throws RecipeException if something else than a mapping stands there
   */
  public Mapping section(String key) {
    JsonNode below = node.get(key);
    if (below == null || below.isNull()) {
      return new Mapping(MAPPER.createObjectNode(), Origins.join(path, key), origins);
    }
    if (below instanceof ObjectNode object) {
      return new Mapping(object, Origins.join(path, key), origins);
    }
    throw error(key, "must be a mapping, but is " + YamlDocument.kind(below));
  }

  /**
   * What the section below a key is; empty where the key is missing.
   *
   * @param <T> what the section is read into
   * @param key in this mapping
   * @param reader reads the section
   * @return what it says
   */
  public <T> Optional<T> optional(String key, Function<Mapping, T> reader) {
    return has(key) ? Optional.of(reader.apply(section(key))) : Optional.empty();
  }

  /**
   * The section below a key as changes to a recipe.
   *
   * @param key in this mapping
   * @return the changes
   */
  public RecipeChange change(String key) {
    return section(key).asChange();
  }

  /**
   * This section as a change of a recipe.
   *
   * @return its values
   */
  public RecipeChange asChange() {
    return new RecipeChange(node, origins, path);
  }

  /**
   * A value as it is written.
   *
   * @param key in this mapping
   * @return the value; null if the key is missing
   */
  public JsonNode get(String key) {
    return node.get(key);
  }

  /**
   * Another content, whose values were written in this section or at the file's top.
   *
   * @param content keys and values
   * @return a mapping at the top
   */
  public Mapping asRoot(ObjectNode content) {
    return new Mapping(content, "", origins.atTop(path));
  }

  /**
   * A section whose content was already taken out of a list.
   *
   * @param key where it stood in this mapping
   * @param content keys and values
   * @return the mapping
   */
  public Mapping below(String key, ObjectNode content) {
    return new Mapping(content, Origins.join(path, key), origins);
  }

  /**
   * What the sections of a list are.
   *
   * @param <T> what a section is read into
   * @param key of the list
   * @param example such as {@code [{pattern: 'head'}]}
   * @param reader reads one section
   * @return one for each section; none without the key
   */
  public <T> List<T> sections(String key, String example, Function<Mapping, T> reader) {
    JsonNode written = node.get(key);
    if (written == null || written.isNull()) {
      return List.of();
    }
    if (!(written instanceof ArrayNode list)) {
      throw error(
          key, "must be a list such as " + example + ", but is " + YamlDocument.kind(written));
    }
    Mapping below = below(key, MAPPER.createObjectNode());
    List<T> all = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String index = String.valueOf(i);
      if (!(list.get(i) instanceof ObjectNode object)) {
        throw below.error(index, "must be a mapping, but is " + YamlDocument.kind(list.get(i)));
      }
      all.add(reader.apply(below.below(index, object)));
    }
    return all;
  }

  /**
   * The texts of a key that is a mapping of names to texts; none without the key.
   *
   * @param key of the mapping
   * @return the texts by their names, in the order of the file
   */
  public Map<String, String> texts(String key) {
    Mapping section = section(key);
    Map<String, String> texts = new LinkedHashMap<>();
    section
        .node()
        .fieldNames()
        .forEachRemaining(name -> texts.put(name, section.requiredText(name, "a text")));
    return texts;
  }

  /**
   * The text of a key that must be there.
   *
   * @param key in this mapping
   * @param example what could stand there, for the message
   * @return the text
   * @throws RecipeException if it is missing or no text
   */
  public String requiredText(String key, String example) {
    if (!has(key)) {
      List<String> there = new ArrayList<>();
      node.fieldNames().forEachRemaining(there::add);
      throw origins.error(
          path,
          "the key '"
              + Origins.join(path, key)
              + "' is missing, such as "
              + example
              + (there.isEmpty() ? "" : "; there are: " + String.join(", ", there)));
    }
    return text(key, null);
  }

  /**
   * A text; a number counts as one.
   *
   * @param key in this mapping
   * @param otherwise the value of a missing key, may be null
   * @return the text
   * @throws RecipeException if it is neither
   */
  public String text(String key, String otherwise) {
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (value.isTextual() || value.isNumber()) {
      return value.asText();
    }
    throw error(key, "must be a text, but is " + YamlDocument.kind(value));
  }

  /**
   * A whole number.
   *
   * @param key in this mapping
   * @param otherwise the value of a missing key
   * @return the number
   * @throws RecipeException if it is none
   */
  public long integer(String key, long otherwise) {
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (value.isIntegralNumber()) {
      return value.longValue();
    }
    throw error(key, "must be a whole number, but is " + YamlDocument.kind(value));
  }

  /**
   * True or false.
   *
   * @param key in this mapping
   * @param otherwise the value of a missing key
   * @return the value
   * @throws RecipeException if it is neither
   */
  public boolean flag(String key, boolean otherwise) {
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    throw error(key, "must be true or false, but is " + YamlDocument.kind(value));
  }

  /**
   * A number of at least 0.
   *
   * @param key in this mapping
   * @param otherwise the value of a missing key
   * @return the number
   * @throws RecipeException if it is none, negative or infinite
   */
  public double rate(String key, double otherwise) {
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw error(key, "must be a number, but is " + YamlDocument.kind(value));
    }
    if (!(value.doubleValue() >= 0) || Double.isInfinite(value.doubleValue())) {
      throw error(key, "must be at least 0, but is " + value.asText());
    }
    return value.doubleValue();
  }

  /**
   * The same section with the values of some keys as numbers where they are fractions, such as
   * {@code 8/255}.
   *
   * @param keys those that may be fractions
   * @return the mapping with numbers
   * @throws RecipeException if a fraction cannot be read
   */
  public Mapping withFractions(String... keys) {
    ObjectNode read = node.deepCopy();
    for (String key : keys) {
      JsonNode value = node.get(key);
      if (value != null && value.isTextual() && value.asText().indexOf('/') >= 0) {
        read.put(key, checked(key, () -> ThreatModel.parseEpsilon(value.asText())));
      }
    }
    return new Mapping(read, path, origins);
  }

  /**
   * Refuses every key but these.
   *
   * @param keys the valid ones
   * @throws RecipeException if there is another one; the message names the nearest
   */
  public void allowOnly(Collection<String> keys) {
    allowOnly(keys, "");
  }

  /**
   * Refuses every key but these, and says more about one that may be a section: with anything but a
   * number or text, and also with nothing, behind it.
   *
   * @param keys the valid ones
   * @param aboutSections what the message says more of such a key
   * @throws RecipeException if there is another one; the message names the nearest
   */
  public void allowOnly(Collection<String> keys, String aboutSections) {
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!keys.contains(key)) {
                throw origins.error(
                    Origins.join(path, key),
                    "unknown key '"
                        + Origins.join(path, key)
                        + "'"
                        + Suggestion.clause(key, keys)
                        + (node.get(key).isNumber() || node.get(key).isTextual()
                            ? ""
                            : aboutSections));
              }
            });
  }

  /**
   * The same section without some keys.
   *
   * @param keys those to leave out
   * @return the rest
   */
  public Mapping without(String... keys) {
    ObjectNode rest = node.deepCopy();
    rest.remove(Arrays.asList(keys));
    return new Mapping(rest, path, origins);
  }

  /**
   * The same section with some keys only.
   *
   * @param keys those that stay
   * @return a section of their values
   */
  public Mapping only(String... keys) {
    return new Mapping(node.deepCopy().retain(Arrays.asList(keys)), path, origins);
  }

  /** The keys and their values as plain Java objects. */
  Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    node.properties()
        .forEach(e -> values.put(e.getKey(), MAPPER.convertValue(e.getValue(), Object.class)));
    return values;
  }

  /**
   * Reads all keys into a record.
   *
   * @param <R> the record
   * @param type its class
   * @param defaults gives the values of missing keys
   * @param others keys that are read elsewhere, for the list of valid ones
   * @return the record
   * @throws RecipeException if a key or value is wrong
   */
  public <R extends Record> R read(Class<R> type, R defaults, String... others) {
    return new RecordReading(this).read(type, defaults, others);
  }

  /**
   * Reads all keys into a record, of which some have no default.
   *
   * @param <R> the record
   * @param required keys that must be there
   * @param example gives the values of missing keys, and examples of those that must be there
   * @return the record
   * @throws RecipeException if a key or value is wrong
   */
  public <R extends Record> R readWith(Collection<String> required, R example) {
    return new RecordReading(this).readWith(required, example);
  }

  /**
   * Reads all keys into a record.
   *
   * @param <R> the record
   * @param example gives the values of missing keys, and examples of those that must be there
   * @param required keys that must be there, as no default suits every model
   * @return the record
   * @throws RecipeException if a key or value is wrong
   */
  public <R extends Record> R read(R example, String... required) {
    return readWith(Arrays.asList(required), example);
  }

  /**
   * A list of class names, none of them twice; numbers are names too.
   *
   * @param key of the list
   * @param expected what should stand there, for the message
   * @return at least one name
   * @throws RecipeException if it is no such list
   */
  public List<String> names(String key, String expected) {
    JsonNode written = get(key);
    if (written == null || !written.isArray() || written.isEmpty()) {
      throw error(
          key,
          "must be "
              + expected
              + ", but is "
              + (written == null
                  ? "missing"
                  : written.isArray() ? "an empty list" : YamlDocument.kind(written)));
    }
    Mapping below = below(key, Mapping.MAPPER.createObjectNode());
    List<String> names = new ArrayList<>();
    for (int i = 0; i < written.size(); i++) {
      JsonNode name = written.get(i);
      if (!name.isTextual() && !name.isNumber()) {
        throw below.error(
            String.valueOf(i), "must be a class's name, but is " + YamlDocument.kind(name));
      }
      names.add(name.asText());
    }
    this.checked(key, () -> ClassMap.empty().with(names));
    return names;
  }

  /**
   * Runs a check that knows nothing about files, and says where the value stands if it fails.
   *
   * @param <T> what the check gives
   * @param key that of the value
   * @param check throws an {@link IllegalArgumentException} if the value is wrong
   * @return what the check gives
   * @throws RecipeException if it fails
   */
  public <T> T checked(String key, Supplier<T> check) {
    try {
      return check.get();
    } catch (IllegalArgumentException e) {
      throw error(key, e.getMessage(), e);
    }
  }

  /**
   * An error that says where the value of a key was written.
   *
   * @param key in this mapping; empty for the mapping itself
   * @param message what is wrong, such as {@code must be above 0, but is -1}
   * @return the exception, to be thrown
   */
  public RecipeException error(String key, String message) {
    return error(key, message, null);
  }

  /**
   * An error that says where the value of a key was written.
   *
   * @param key in this mapping; empty for the mapping itself
   * @param message what is wrong, such as {@code must be above 0, but is -1}
   * @param cause what was thrown before, or null
   * @return the exception, to be thrown
   */
  public RecipeException error(String key, String message, Throwable cause) {
    String full = key.isEmpty() ? path : Origins.join(path, key);
    String joint = message.startsWith("must ") || message.startsWith("needs ") ? " " : ": ";
    return origins.error(full, full.isEmpty() ? message : full + joint + message, cause);
  }

  /**
   * The key of a record's component.
   *
   * @param component such as {@code logEvery}
   * @return such as {@code log_every}
   */
  public static String snakeCase(String component) {
    return PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(component);
  }
}
