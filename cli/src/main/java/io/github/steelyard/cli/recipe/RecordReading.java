package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Reads a section into a record: a key for each component, in snake case. What Jackson or the
 * record's own checks refuse is told in the words of the recipe.
 */
record RecordReading(Mapping section) {

  /** As {@link Mapping#read}. */
  <R extends Record> R read(Class<R> type, R defaults, String... others) {
    List<String> keys = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      keys.add(Mapping.snakeCase(component.getName()));
    }
    List<String> valid = new ArrayList<>(Arrays.asList(others));
    valid.addAll(keys);
    Mapping own = section.without(others);
    own.allowOnly(valid);
    for (RecordComponent component : type.getRecordComponents()) {
      String key = Mapping.snakeCase(component.getName());
      JsonNode written = own.node().get(key);
      if (written != null && written.isNull() && isList(component.getType())) {
        throw section.error(key, "must be a list, but is null; [] is an empty one");
      }
    }
    ObjectNode merged = Mapping.MAPPER.valueToTree(defaults);
    merged.setAll(own.node());
    try {
      return Mapping.MAPPER.treeToValue(merged, type);
    } catch (JsonProcessingException e) {
      throw translate(e, keys, merged);
    }
  }

  /** As {@link Mapping#readWith}. */
  <R extends Record> R readWith(Collection<String> required, R example) {
    ObjectNode examples = Mapping.MAPPER.valueToTree(example);
    for (String key : required) {
      if (!section.has(key)) {
        throw section.error(
            "", "needs the key '" + key + "', such as " + key + ": " + examples.get(key));
      }
    }
    @SuppressWarnings("unchecked") // A record's class is final.
    Class<R> type = (Class<R>) example.getClass();
    return read(type, example);
  }

  private RecipeException translate(
      JsonProcessingException e, List<String> keys, ObjectNode merged) {
    StringBuilder below = new StringBuilder();
    JsonNode value = merged;
    if (e instanceof JsonMappingException mapping) {
      for (JsonMappingException.Reference step : mapping.getPath()) {
        String name =
            step.getFieldName() == null ? String.valueOf(step.getIndex()) : step.getFieldName();
        below.append(below.isEmpty() ? "" : ".").append(name);
        value =
            value == null
                ? null
                : step.getFieldName() == null ? value.get(step.getIndex()) : value.get(name);
      }
    }
    if (e.getCause() instanceof IllegalArgumentException refused) {
      return refused(below.toString(), refused, keys);
    }
    String found = value == null ? "nothing" : YamlDocument.kind(value);
    String expected =
        e instanceof MismatchedInputException mismatch
            ? expected(mismatch.getTargetType())
            : e.getCause() instanceof InputCoercionException tooLarge
                ? "a whole number of at most " + largest(tooLarge.getTargetType())
                : "something else";
    return section.error(below.toString(), "must be " + expected + ", but is " + found, e);
  }

  private static long largest(Class<?> type) {
    return type == int.class || type == Integer.class ? Integer.MAX_VALUE : Long.MAX_VALUE;
  }

  /** A record's own check names its components; a person knows them by their keys. */
  private RecipeException refused(
      String below, IllegalArgumentException refused, List<String> keys) {
    String message = refused.getMessage();
    String at = below;
    for (String key : keys) {
      Pattern component = Pattern.compile("\\b" + Pattern.quote(camelCase(key)) + "\\b");
      if (component.matcher(message).find()) {
        message = component.matcher(message).replaceAll(key);
        at = at.isEmpty() ? key : at;
      }
    }
    // A record may name itself first: "gates: dropRate must be above 0".
    int must = message.indexOf(at + " must");
    boolean isFirst = must == 0 || (must > 1 && message.startsWith(": ", must - 2));
    return section.error(
        at, isFirst ? message.substring(must + at.length() + 1) : message, refused);
  }

  private static String expected(Class<?> type) {
    if (type == null) {
      return "something else";
    }
    if (type.isEnum()) {
      return "one of "
          + String.join(
              ", ",
              Arrays.stream(type.getEnumConstants())
                  .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
                  .toList());
    }
    return switch (type.getSimpleName()) {
      case "int", "Integer", "long", "Long" -> "a whole number";
      case "double", "Double" -> "a number";
      case "boolean", "Boolean" -> "true or false";
      case "String" -> "a text";
      default -> isList(type) ? "a list" : "a mapping";
    };
  }

  private static boolean isList(Class<?> type) {
    return Collection.class.isAssignableFrom(type);
  }

  private static String camelCase(String key) {
    StringBuilder camel = new StringBuilder();
    Iterator<String> words = Arrays.asList(key.split("_", -1)).iterator();
    camel.append(words.next());
    words.forEachRemaining(
        word -> camel.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1)));
    return camel.toString();
  }
}
