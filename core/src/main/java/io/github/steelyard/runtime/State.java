package io.github.steelyard.runtime;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What a stateful object needs to continue exactly where it was: named tensors and plain values.
 *
 * @param tensors tensors by name; the maps keep their order
 * @param values JSON values by name: strings, numbers, booleans, lists and maps of these
 */
public record State(Map<String, Tensor> tensors, Map<String, Object> values) {

  /**
   * Copies the maps, not the tensors.
   *
   * @param tensors tensors by name
   * @param values JSON values by name
   */
  public State {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * The state of an object that has none.
   *
   * @return an empty state
   */
  public static State empty() {
    return new State(Map.of(), Map.of());
  }
}
