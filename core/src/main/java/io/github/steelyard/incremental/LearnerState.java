package io.github.steelyard.incremental;

import io.github.steelyard.runtime.State;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** The values of a learner's saved state, checked before anything is taken over. */
record LearnerState(ClassMap classes, Map<String, Object> exemplars, List<StepResult> results) {

  static LearnerState of(State state, Map<String, Object> identity) {
    identity.forEach(
        (key, own) -> {
          Object saved = state.values().get(key);
          if (!Objects.equals(saved, own)) {
            throw new IllegalArgumentException(
                "the saved learner's " + key + " is " + saved + ", this one's is " + own);
          }
        });
    LearnerState saved =
        new LearnerState(
            ClassMap.of(map(state, "class_map")),
            map(state, "exemplars"),
            StepResults.of(state.values().get("results")));
    if (saved.results == null || saved.results.size() != saved.classes.steps()) {
      throw new IllegalArgumentException(
          "the saved learner has "
              + saved.classes.steps()
              + " steps, but its results are "
              + saved.results);
    }
    return saved;
  }

  private static Map<String, Object> map(State state, String key) {
    if (!(state.values().get(key) instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(
          "the saved learner needs a map '" + key + "', but has " + state.values().get(key));
    }
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((name, value) -> copy.put(String.valueOf(name), value));
    return copy;
  }

  /** The tensors whose names begin with a prefix, without it. */
  static Map<String, Tensor> part(State state, String prefix) {
    Map<String, Tensor> part = new LinkedHashMap<>();
    state
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), tensor);
              }
            });
    return part;
  }
}
