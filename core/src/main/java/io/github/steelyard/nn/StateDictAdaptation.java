package io.github.steelyard.nn;

import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/** Loads a state dict of another program into a module, or leaves it unchanged. */
final class StateDictAdaptation {
  private final Module model;
  private final Map<String, Tensor> own;
  private final ForeignState state;
  private final List<String> newHeads = new ArrayList<>();

  private StateDictAdaptation(Module model, Map<String, Tensor> given) {
    this.model = model;
    own = model.stateDict();
    state = new ForeignState(given);
  }

  /** Does what {@link Module#loadAdapted} says. */
  static StateDictReport load(Module model, Map<String, Tensor> given) {
    StateDictAdaptation adaptation = new StateDictAdaptation(model, given);
    Scope.withoutGradient(adaptation::run);
    return new StateDictReport(adaptation.state.sentences(), adaptation.newHeads);
  }

  private void run() {
    StatePrefixes.takeOff(state, own.keySet());
    ModuleTree.visitPlaces("", model, (path, module) -> module.adaptState(path, state));
    Set<String> computed =
        model.namedBuffers().entrySet().stream()
            .filter(entry -> !entry.getValue().isPersistent())
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    state.drop(computed::contains, "left out, as they are computed");
    fitInputChannels();
    model.classifierHeads().forEach(this::renewHead);
    Map<String, Tensor> kept = new LinkedHashMap<>(own);
    kept.keySet().removeIf(this::isInNewHead);
    noteTypes(kept);
    StateDictLoading.into(model, kept, state.tensors());
  }

  private boolean isInNewHead(String name) {
    return newHeads.stream().anyMatch(head -> name.startsWith(head + "."));
  }

  /** Keeps the weights that a head has, where the state has another number of classes or none. */
  private void renewHead(String head) {
    Tensor weight = own.get(head + ".weight");
    boolean isWholeModel = own.keySet().stream().allMatch(name -> name.startsWith(head + "."));
    if (weight == null || isWholeModel) {
      return;
    }
    Tensor given = state.get(head + ".weight").orElse(null);
    if (given == null && state.get(head + ".bias").isEmpty()) {
      newHeads.add(head);
      state.note("made a new head for " + classes(weight) + ", as there is none", head);
    } else if (given != null
        && given.dim() == 2
        && given.size(1) == weight.size(1)
        && given.size(0) != weight.size(0)) {
      newHeads.add(head);
      state.tensors().keySet().removeIf(name -> name.startsWith(head + "."));
      state.note(
          "made a new head for " + classes(weight) + ", as the one there is for " + given.size(0),
          head);
    }
  }

  private static String classes(Tensor weight) {
    return weight.size(0) + (weight.size(0) == 1 ? " class" : " classes");
  }

  /** Of the first convolution, the first weight of four dimensions. */
  private void fitInputChannels() {
    own.keySet().stream()
        .filter(name -> own.get(name).dim() == 4)
        .findFirst()
        .filter(name -> name.endsWith("weight"))
        .ifPresent(name -> state.fitInputChannels(name, own.get(name).shape()));
  }

  private void noteTypes(Map<String, Tensor> kept) {
    kept.forEach(
        (name, tensor) ->
            state
                .get(name)
                .filter(given -> given.scalar_type().value != tensor.scalar_type().value)
                .ifPresent(
                    given ->
                        state.note(
                            "converted from "
                                + given.scalar_type().intern()
                                + " to "
                                + tensor.scalar_type().intern(),
                            name)));
  }
}
