package io.github.steelyard.interaction;

import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.GELU;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.SiLU;
import io.github.steelyard.nn.Sigmoid;
import io.github.steelyard.nn.Tanh;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Finds hidden layers that nothing but one linear layer makes and one linear layer reads, by
 * watching which tensor goes where while the network runs.
 */
final class HiddenPairs {
  /** A hidden layer: the paths of the linear layers before and after it. */
  record Pair(String producer, String consumer) {}

  private HiddenPairs() {}

  static boolean isElementwise(Module module) {
    return module instanceof ReLU
        || module instanceof GELU
        || module instanceof SiLU
        || module instanceof Tanh
        || module instanceof Sigmoid
        || module instanceof Identity
        || module instanceof Dropout;
  }

  static List<Pair> in(Module model, Tensor inputs) {
    ScalarType type =
        model.namedParameters().values().stream()
            .findFirst()
            .map(parameter -> parameter.tensor().scalar_type().intern())
            .orElse(ScalarType.Float);
    List<LayerCall> calls = LayerCall.during(model, type, watched -> watched.forward(inputs));
    List<Pair> pairs = new ArrayList<>();
    for (LayerCall call : calls) {
      if (call.layer() instanceof Linear && runsOnce(calls, call.layer())) {
        producer(calls, call.input())
            .filter(producer -> runsOnce(calls, producer.layer()))
            .ifPresent(producer -> pairs.add(new Pair(producer.path(), call.path())));
      }
    }
    return pairs;
  }

  private static boolean runsOnce(List<LayerCall> calls, Module layer) {
    return calls.stream().filter(call -> call.layer().equals(layer)).count() == 1;
  }

  /** The linear layer behind elementwise functions that made a tensor which nobody else reads. */
  private static Optional<LayerCall> producer(List<LayerCall> calls, Tensor tensor) {
    Tensor current = tensor;
    while (true) {
      Tensor wanted = current;
      List<LayerCall> readers = calls.stream().filter(call -> call.reads(wanted)).toList();
      Optional<LayerCall> maker = calls.stream().filter(call -> call.makes(wanted)).findFirst();
      if (readers.size() != 1 || maker.isEmpty()) {
        return Optional.empty();
      }
      if (maker.get().layer() instanceof Linear) {
        return maker;
      }
      if (!isElementwise(maker.get().layer())) {
        return Optional.empty();
      }
      current = maker.get().input();
    }
  }
}
