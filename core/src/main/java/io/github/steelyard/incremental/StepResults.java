package io.github.steelyard.incremental;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results as JSON values, for the learner's state. */
final class StepResults {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private StepResults() {}

  static Map<String, Object> record(Record result) {
    return MAPPER.convertValue(result, new TypeReference<LinkedHashMap<String, Object>>() {});
  }

  static List<StepResult> of(Object values) {
    try {
      return MAPPER.convertValue(values, new TypeReference<List<StepResult>>() {});
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the results of the steps cannot be read: "
              + e.getMessage().lines().findFirst().orElse(""),
          e);
    }
  }
}
