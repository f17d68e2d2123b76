package io.github.steelyard.incremental;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * What a learner saves, and what is read back and checked before anything is taken over.
 *
 * @param classes the classes that are known
 * @param memory the exemplars
 * @param kept what the strategy's objective kept of the last step
 * @param weights the model's state dict; empty before the first step
 * @param results of the finished steps
 */
record LearnerState(
    ClassMap classes,
    ExemplarMemory memory,
    State kept,
    Map<String, Tensor> weights,
    List<StepResult> results) {
  private static final String MODEL = "model.";
  private static final String MEMORY = "memory.";
  private static final String KEPT = "kept";
  private static final String KEPT_TENSORS = KEPT + ".";

  /** The state of a learner with a configuration. */
  State of(IncrementalConfiguration configuration) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    weights.forEach((name, tensor) -> tensors.put(MODEL + name, tensor));
    State exemplars = memory.state();
    exemplars.tensors().forEach((name, tensor) -> tensors.put(MEMORY + name, tensor));
    kept.tensors().forEach((name, tensor) -> tensors.put(KEPT_TENSORS + name, tensor));
    Map<String, Object> values = new LinkedHashMap<>(identity(configuration));
    if (!kept.equals(State.empty())) {
      values.put(KEPT, kept.values());
    }
    values.put("class_map", classes.toValues());
    values.put("exemplars", exemplars.values());
    values.put("results", results.stream().map(StepResults::record).toList());
    return new State(tensors, values);
  }

  /** What must be the same when a run goes on. */
  private static Map<String, Object> identity(IncrementalConfiguration configuration) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("strategy", configuration.strategy().name());
    values.put("memory", configuration.memory().toString());
    return values;
  }

  /**
   * Reads a state back.
   *
   * @throws IllegalArgumentException if it is damaged or of a learner with another strategy or
   *     memory
   */
  static LearnerState read(State state, IncrementalConfiguration configuration) {
    identity(configuration)
        .forEach(
            (key, own) -> {
              Object saved = state.values().get(key);
              if (!Objects.equals(saved, own)) {
                throw new IllegalArgumentException(
                    "the saved learner's " + key + " is " + saved + ", this one's is " + own);
              }
            });
    ClassMap classes = ClassMap.of(map(state, "class_map"));
    Map<String, Object> exemplars = map(state, "exemplars");
    List<StepResult> results = StepResults.of(state.values().get("results"));
    if (results == null || results.size() != classes.steps()) {
      throw new IllegalArgumentException(
          "the saved learner has " + classes.steps() + " steps, but its results are " + results);
    }
    return new LearnerState(
        classes,
        ExemplarMemory.of(new State(part(state, MEMORY), exemplars)),
        copy(
            new State(
                part(state, KEPT_TENSORS),
                state.values().containsKey(KEPT) ? map(state, KEPT) : Map.of())),
        part(state, MODEL),
        results);
  }

  /** The same values in tensors of their own that outlive every scope. */
  static State copy(State state) {
    return Scope.computeWithoutGradient(
        () -> {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          state
              .tensors()
              .forEach((name, tensor) -> tensors.put(name, Scope.keep(tensor.detach().clone())));
          return new State(tensors, state.values());
        });
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
  private static Map<String, Tensor> part(State state, String prefix) {
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
