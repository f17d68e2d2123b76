package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parametrization;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** That a layer without parts ran: which tensor it took and which one it gave. */
record LayerCall(String path, Module layer, Tensor input, Tensor output) {
  /** Runs a model and notes the calls of its layers in order. */
  static List<LayerCall> during(Module model, ScalarType type, Consumer<Module> run) {
    List<LayerCall> calls = new ArrayList<>();
    ModelPreparation watching =
        new ModelPreparation(
            model,
            type,
            (path, module) ->
                // The layer that owns a quantizer asks it for more than its forward pass.
                module.children().isEmpty() && !(module instanceof Parametrization)
                    ? Optional.of(
                        new Watched(
                            path,
                            module,
                            (where, layer, input, output) ->
                                calls.add(new LayerCall(where, layer, input, output))))
                    : Optional.empty());
    try {
      run.accept(watching.model());
    } finally {
      watching.undo();
    }
    return calls;
  }

  /** Whether the layer hands its input on as it is, like dropout in evaluation mode. */
  boolean passes() {
    return isSame(input, output);
  }

  boolean reads(Tensor tensor) {
    return !passes() && isSame(input, tensor);
  }

  boolean makes(Tensor tensor) {
    return !passes() && isSame(output, tensor);
  }

  /** The same tensor, not an equal one: a tap and a place hand on the very object. */
  @SuppressWarnings("ReferenceEquality")
  static boolean isSame(Tensor one, Tensor other) {
    return one == other;
  }
}
