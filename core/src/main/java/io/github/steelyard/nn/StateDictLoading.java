package io.github.steelyard.nn;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Copies a state dict into a module, or leaves it unchanged. */
final class StateDictLoading {
  private StateDictLoading() {}

  /** Does what {@link Module#loadStateDict} says. */
  static void into(Module model, Map<String, Tensor> state) {
    into(model, model.stateDict(), state);
  }

  /** Sets some of a model's tensors, for which the state must have exactly the right ones. */
  static void into(Module model, Map<String, Tensor> own, Map<String, Tensor> state) {
    List<String> missing = own.keySet().stream().filter(n -> !state.containsKey(n)).toList();
    Set<String> unexpected = new LinkedHashSet<>(state.keySet());
    unexpected.removeAll(own.keySet());
    if (missing.isEmpty() && unexpected.isEmpty()) {
      ModuleTree.visitAll("", model, (path, module) -> module.fitState(path, state));
    }
    Map<String, String> misfits = new LinkedHashMap<>();
    own.forEach(
        (name, tensor) -> {
          Tensor given = state.get(name);
          if (given != null && !Arrays.equals(given.shape(), tensor.shape())) {
            misfits.put(
                name,
                Arrays.toString(given.shape()) + " instead of " + Arrays.toString(tensor.shape()));
          }
        });
    if (!missing.isEmpty() || !unexpected.isEmpty() || !misfits.isEmpty()) {
      throw new StateDictException(
          missing, unexpected, misfits, StateDictPairs.of(own, missing, state, unexpected));
    }
    ModuleTree.visitAll("", model, (path, module) -> module.checkState(path, state));
    Scope.withoutGradient(() -> own.forEach((name, tensor) -> tensor.copy_(state.get(name))));
  }
}
