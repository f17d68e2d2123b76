package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors of a model that a forward pass itself changes: running statistics, and scales that
 * take their first value from a batch. They are found by comparing all contents in the first
 * passes; what changes for the first time later is left to the check of the ranks' states.
 */
final class ForwardState {
  private static final int PASSES_COMPARED = 2;

  private final Module model;
  private final TreeSet<String> moving = new TreeSet<>();
  private int passes;

  ForwardState(Module model) {
    this.model = model;
  }

  /** All tensors of the model by name, in an order that is the same in all ranks. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(model.stateDict());
    model.namedBuffers().forEach((name, buffer) -> tensors.putIfAbsent(name, buffer.tensor()));
    return tensors;
  }

  /** Whether the next pass is one of the first, whose changes are looked for. */
  boolean isLooking() {
    return passes < PASSES_COMPARED;
  }

  /** Copies of what the next pass may change, for the scope around the caller. */
  Map<String, Tensor> before() {
    return copies(isLooking() ? tensors().keySet() : moving);
  }

  Map<String, Tensor> copies(Collection<String> names) {
    Map<String, Tensor> live = tensors();
    Map<String, Tensor> copies = new LinkedHashMap<>();
    Scope.computeWithoutGradient(
        () -> {
          names.forEach(name -> copies.put(name, live.get(name).detach().clone()));
          return List.copyOf(copies.values());
        });
    return copies;
  }

  /** Which of them a pass in this process changed. */
  List<String> changed(Map<String, Tensor> before) {
    Map<String, Tensor> live = tensors();
    List<String> changed = new ArrayList<>();
    Scope.withoutGradient(
        () ->
            before.forEach(
                (name, content) -> {
                  Tensor now = live.get(name).detach();
                  if (!Arrays.equals(now.shape(), content.shape()) || !now.equal(content)) {
                    changed.add(name);
                  }
                }));
    return changed;
  }

  /** Says what passes in any rank changed; buffers are taken to change in all others too. */
  void found(Collection<String> changed) {
    passes++;
    changed.stream().filter(model.namedBuffers()::containsKey).forEach(moving::add);
  }

  /** What is known to change in every pass. */
  Collection<String> moving() {
    return moving;
  }

  /** Gives tensors other contents, of another shape if need be. */
  void put(Map<String, Tensor> contents) {
    Map<String, Tensor> live = tensors();
    Scope.withoutGradient(
        () ->
            contents.forEach(
                (name, content) -> {
                  Tensor tensor = live.get(name);
                  if (Arrays.equals(tensor.shape(), content.shape())) {
                    tensor.detach().copy_(content);
                  } else {
                    tensor.set_data(content.clone());
                  }
                }));
  }
}
