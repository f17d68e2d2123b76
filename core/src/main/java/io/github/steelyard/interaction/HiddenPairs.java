package io.github.steelyard.interaction;

import static java.util.stream.Collectors.joining;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private static final int MOST_NAMED = 3;

  private final Tensor inputs;
  private final List<LayerCall> calls;
  private final List<Pair> pairs = new ArrayList<>();
  private final Map<String, List<String>> obstacles = new LinkedHashMap<>();

  private HiddenPairs(Tensor inputs, List<LayerCall> calls) {
    this.inputs = inputs;
    this.calls = calls;
  }

  static boolean isElementwise(Module module) {
    return module instanceof ReLU
        || module instanceof GELU
        || module instanceof SiLU
        || module instanceof Tanh
        || module instanceof Sigmoid
        || module instanceof Identity
        || module instanceof Dropout;
  }

  /** Finds them, by running the network on some inputs. */
  static HiddenPairs in(Module model, Tensor inputs) {
    ScalarType type =
        model.namedParameters().values().stream()
            .findFirst()
            .map(parameter -> parameter.tensor().scalar_type().intern())
            .orElse(ScalarType.Float);
    HiddenPairs found =
        new HiddenPairs(inputs, LayerCall.during(model, type, watched -> watched.forward(inputs)));
    for (LayerCall call : found.calls) {
      if (call.layer() instanceof Linear) {
        found
            .producer(call)
            .ifPresent(producer -> found.pairs.add(new Pair(producer, call.path())));
      }
    }
    return found;
  }

  List<Pair> pairs() {
    return pairs;
  }

  /** Why there are no pairs, linear layer by linear layer. */
  String obstacles() {
    if (obstacles.isEmpty()) {
      return "it has no Linear module behind another";
    }
    List<String> sentences = new ArrayList<>();
    obstacles.forEach((reason, paths) -> sentences.add(named(paths) + " " + reason));
    return String.join("; ", sentences);
  }

  private static String named(List<String> paths) {
    String first =
        paths.stream().limit(MOST_NAMED).map(path -> "'" + path + "'").collect(joining(", "));
    int more = paths.size() - MOST_NAMED;
    return more > 0 ? first + " and " + more + " more" : first;
  }

  private Optional<String> refused(LayerCall consumer, String reason) {
    obstacles.computeIfAbsent(reason, r -> new ArrayList<>()).add(consumer.path());
    return Optional.empty();
  }

  private boolean runsOnce(LayerCall call) {
    return calls.stream().filter(other -> other.layer().equals(call.layer())).count() == 1;
  }

  /** The linear layer behind elementwise functions that made what only this one reads. */
  private Optional<String> producer(LayerCall consumer) {
    Tensor current = consumer.input();
    while (true) {
      Tensor wanted = current;
      if (LayerCall.isSame(wanted, inputs)) {
        return Optional.empty();
      }
      Optional<LayerCall> maker = calls.stream().filter(call -> call.makes(wanted)).findFirst();
      if (maker.isEmpty()) {
        return refused(
            consumer,
            "read what no module hands on as it made it, but a call on tensors such as a slice, a"
                + " concatenation or an activation function");
      }
      LayerCall made = maker.get();
      if (LayerCall.isSame(made.input(), inputs) && !(made.layer() instanceof Linear)) {
        return Optional.empty();
      }
      List<LayerCall> readers = calls.stream().filter(call -> call.reads(wanted)).toList();
      if (readers.size() != 1) {
        return refused(consumer, "read what '" + made.path() + "' gives to other layers too");
      }
      if (made.layer() instanceof Linear) {
        return runsOnce(consumer) && runsOnce(made)
            ? Optional.of(made.path())
            : refused(consumer, "run, or '" + made.path() + "' before them runs, more than once");
      }
      if (!isElementwise(made.layer())) {
        return refused(consumer, "read what %s at '%s' made".formatted(made.layer(), made.path()));
      }
      current = made.input();
    }
  }
}
