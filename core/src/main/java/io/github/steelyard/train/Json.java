package io.github.steelyard.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.io.FileFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * JSON as checkpoints and logs hold it. Whole numbers come back as {@code Long} and others as
 * {@code Double}, bit for bit; what is not a number or infinite is kept too.
 */
final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
          .build();

  private Json() {}

  static String write(Map<String, ?> values) {
    try {
      return MAPPER.writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "a value cannot be written as JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** For other programs, which need not know numbers that are not finite: these become null. */
  static Map<String, Object> strict(Map<?, ?> values) {
    return map(
        values,
        value ->
            value instanceof Number number && !Double.isFinite(number.doubleValue())
                ? null
                : value);
  }

  /** Maps, lists and single values only, numbers that are not finite included. */
  static Map<String, Object> plain(Map<?, ?> values) {
    return map(values, value -> value);
  }

  private static Map<String, Object> map(Map<?, ?> values, UnaryOperator<Object> single) {
    Map<String, Object> mapped = new LinkedHashMap<>();
    values.forEach((key, value) -> mapped.put(String.valueOf(key), value(value, single)));
    return mapped;
  }

  private static Object value(Object value, UnaryOperator<Object> single) {
    if (value instanceof Map<?, ?> map) {
      return map(map, single);
    }
    if (value instanceof Collection<?> many) {
      List<Object> mapped = new ArrayList<>();
      many.forEach(element -> mapped.add(value(element, single)));
      return mapped;
    }
    return value instanceof Record ? map(values(value), single) : single.apply(value);
  }

  static ObjectNode tree(Map<String, ?> values) {
    try {
      return MAPPER.valueToTree(values);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("a value cannot be written as JSON: " + e.getMessage(), e);
    }
  }

  /** A record, such as the provenance, as JSON values. */
  static Map<String, Object> values(Object configuration) {
    return MAPPER.convertValue(
        configuration, new TypeReference<LinkedHashMap<String, Object>>() {});
  }

  static Map<String, Object> read(Path file, String what, String text) throws FileFormatException {
    try {
      Map<String, Object> values =
          MAPPER.readValue(text, new TypeReference<LinkedHashMap<String, Object>>() {});
      if (values != null) {
        return values;
      }
    } catch (JsonProcessingException e) {
      throw new FileFormatException(
          file, what + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
    throw new FileFormatException(file, what + " is null instead of a JSON object");
  }

  static Map<String, Object> object(Path file, String what, Object value)
      throws FileFormatException {
    if (!(value instanceof Map<?, ?> map)) {
      throw new FileFormatException(file, what + " is not a JSON object but " + value);
    }
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((key, element) -> copy.put(String.valueOf(key), element));
    return copy;
  }
}
