package io.github.steelyard.incremental;

import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Callback;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Lets a checkpoint inside a step be continued only by the same step: with other classes or samples
 * its weights would fit by shape and mean something else.
 */
final class StepIdentity implements Callback {
  private final Map<String, Object> values = new LinkedHashMap<>();

  StepIdentity(String strategy, ClassMap after, String samples) {
    values.put("strategy", strategy);
    values.put("classes", after.classes());
    values.put("samples", samples);
  }

  @Override
  public State state() {
    return new State(Map.of(), values);
  }

  @Override
  public void restore(State state) {
    values.forEach(
        (key, value) -> {
          Object saved = state.values().get(key);
          if (!Objects.equals(saved, value)) {
            throw new IllegalArgumentException(
                "it is of a step with other "
                    + key
                    + ", "
                    + saved
                    + " instead of "
                    + value
                    + "; to begin the step anew, remove its folder");
          }
        });
  }
}
