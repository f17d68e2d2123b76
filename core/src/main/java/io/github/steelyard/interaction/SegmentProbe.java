package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Tries a cut on a few samples: order and shapes of the taps, bypasses, biases. */
final class SegmentProbe {
  private static final int MOST_NAMED = 6;

  private final Segments segments;
  private final BiasFolding biases;

  SegmentProbe(Segments segments, BiasFolding biases) {
    this.segments = segments;
    this.biases = biases;
  }

  List<NodeLayer> layers(List<String> names, Tensor inputs) {
    if (inputs.dim() < 1 || inputs.size(0) < 2) {
      throw new IllegalArgumentException(
          "at least 2 samples are needed to try the cut, but the sample is "
              + Arrays.toString(inputs.shape()));
    }
    List<NodeLayer> layers = new ArrayList<>();
    boolean recording = GradMode.is_enabled();
    GradMode.set_enabled(true);
    try {
      Scope.run(
          () -> {
            Map<String, Tensor> seen = seen(names, inputs);
            seen.forEach((name, activation) -> layers.add(layer(name, activation, inputs.size(0))));
            for (int i = 0; i + 1 < layers.size(); i++) {
              check(layers.get(i), layers.get(i + 1), seen);
            }
          });
    } finally {
      GradMode.set_enabled(recording);
    }
    return List.copyOf(layers);
  }

  private Map<String, Tensor> seen(List<String> names, Tensor inputs) {
    return Scope.computeWithoutGradient(
        () -> {
          Map<String, Tensor> seen = new LinkedHashMap<>();
          List<String> order = new ArrayList<>();
          List<Tap.Registration> readings = new ArrayList<>();
          try {
            segments
                .taps()
                .forEach(
                    (name, tap) ->
                        readings.add(
                            tap.observe(
                                activation -> {
                                  order.add(name);
                                  seen.put(name, Scope.keep(activation));
                                })));
            Tensor output = segments.model().forward(inputs);
            if (names.contains(Segments.OUTPUT)) {
              order.add(Segments.OUTPUT);
              seen.put(Segments.OUTPUT, Scope.keep(output));
            }
          } finally {
            readings.forEach(Tap.Registration::close);
          }
          if (!order.equals(names)) {
            throw new IllegalArgumentException(
                "the layers must be passed once each and in the given order "
                    + names
                    + ", but the network passes "
                    + order);
          }
          return seen;
        });
  }

  private static NodeLayer layer(String name, Tensor activation, long n) {
    if (activation.size(0) != n || (activation.dim() != 2 && activation.dim() != 3)) {
      throw new IllegalArgumentException(
          "the activation at '%s' has the shape %s for %d samples, but must be [n, features] or"
                  .formatted(name, Arrays.toString(activation.shape()), n)
              + " [n, positions, features]");
    }
    boolean sequence = activation.dim() == 3;
    boolean constant = !name.equals(Segments.OUTPUT);
    int features = Math.toIntExact(activation.size(-1));
    int positions = sequence ? Math.toIntExact(activation.size(1)) : 1;
    return new NodeLayer(name, constant ? features + 1 : features, positions, sequence, constant);
  }

  /** The segment alone must compute what the network computes, whatever came before it. */
  private void check(NodeLayer from, NodeLayer to, Map<String, Tensor> seen) {
    Tensor activation = PartialForward.withOnes(seen.get(from.name()));
    Tensor expected = PartialForward.withPositions(seen.get(to.name()));
    Tensor reached = segments.partial().run(from, activation, to).narrow(2, 0, to.features());
    double size = expected.abs().max().item_double();
    double difference = reached.sub(expected).abs().max().item_double();
    if (difference > 1e-4 * size) { // written so that activations that are not numbers pass here
      throw new IllegalArgumentException(
          "what reaches '%s' does not depend on '%s' alone: with the same activation but other"
                  .formatted(to.name(), from.name())
              + " inputs before it, it differs by %.2g of at most %.2g; cut where everything passes,"
                  .formatted(difference, size)
              + " such as the residual stream between two blocks");
    }
    if (biases == BiasFolding.FOLDED) {
      requireKnownBiases(from, to, reached);
    }
  }

  private void requireKnownBiases(NodeLayer from, NodeLayer to, Tensor reached) {
    Map<String, Parameter> unknown = new LinkedHashMap<>();
    segments
        .model()
        .namedModules()
        .forEach(
            (path, module) -> {
              if (!CarriedBias.knows(module)) {
                own(path, module, unknown);
              }
            });
    if (unknown.isEmpty() || !reached.requires_grad()) {
      return;
    }
    TensorVector parameters = new TensorVector();
    unknown.values().forEach(parameter -> parameters.push_back(parameter.tensor()));
    TensorVector gradients =
        torch.grad(
            new TensorVector(reached.sum()),
            parameters,
            new TensorVector(),
            new BoolOptional(false),
            false,
            true);
    List<String> used = new ArrayList<>();
    int index = 0;
    for (String name : unknown.keySet()) {
      if (gradients.get(index++).defined()) {
        used.add(name);
      }
    }
    if (!used.isEmpty()) {
      throw new IllegalArgumentException(
          "between '%s' and '%s' the network uses %s, of which it is not known whether they are"
                  .formatted(from.name(), to.name(), some(used))
              + " biases; put them into a "
              + CarriedBias.KNOWN
              + ", or use BiasFolding.FIXED");
    }
  }

  private static String some(List<String> names) {
    return names.size() <= MOST_NAMED
        ? names.toString()
        : "%s and %d more".formatted(names.subList(0, MOST_NAMED), names.size() - MOST_NAMED);
  }

  private static void own(String path, Module module, Map<String, Parameter> into) {
    module
        .ownParameters()
        .forEach(
            (name, parameter) -> {
              if (parameter.isTrainable()) {
                into.put(path.isEmpty() ? name : path + "." + name, parameter);
              }
            });
  }
}
