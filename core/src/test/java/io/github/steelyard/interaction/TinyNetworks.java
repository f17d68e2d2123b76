package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.models.MultilayerPerceptron;
import io.github.steelyard.nn.models.MultilayerPerceptronConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Networks and data that are analysed within milliseconds. */
final class TinyNetworks {
  private TinyNetworks() {}

  static Module perceptron(Activation activation, int inputs, List<Integer> hidden, int outputs) {
    Seeds.set(3);
    Module model =
        new MultilayerPerceptron(
            new MultilayerPerceptronConfiguration(inputs, hidden, outputs, activation, 0));
    model.to(ScalarType.Double);
    return model;
  }

  /** All taps of a perceptron and its output. */
  static List<String> layers(int hidden) {
    List<String> layers = new ArrayList<>(List.of("input"));
    for (int i = 1; i <= hidden; i++) {
      layers.add("hidden" + i);
    }
    layers.add(Segments.OUTPUT);
    return layers;
  }

  static Tensor normal(long seed, long... shape) {
    Seeds.set(seed);
    return torch.randn(shape, new TensorOptions(ScalarType.Double));
  }

  static TensorBatches batches(Tensor inputs, int batchSize) {
    return Scope.compute(
        () ->
            TensorBatches.ordered(
                inputs,
                torch.zeros(new long[] {inputs.size(0)}, new TensorOptions(ScalarType.Long)),
                batchSize));
  }

  static Linear linear(Module model, String path) {
    return (Linear) model.getSubmodule(path);
  }

  static double largest(Tensor tensor) {
    return tensor.numel() == 0 ? 0 : tensor.abs().max().item_double();
  }

  static double distance(Tensor one, Tensor other) {
    return largest(one.sub(other));
  }

  static InteractionResult analyse(
      Module model, List<String> layers, Tensor inputs, InteractionConfiguration configuration) {
    try (Segments segments = Segments.open(model, layers, inputs)) {
      return new InteractionBasis(configuration).compute(segments, batches(inputs, 64));
    }
  }

  /** A user's own module: two layers, the second one around a skip connection. */
  static final class Own extends Module {
    private final Submodule first = submodule("first", new Linear(4, 6));
    private final Submodule relu = submodule("relu", new ReLU());
    private final Submodule second = submodule("second", new Linear(6, 6));
    private final Submodule head = submodule("head", new Linear(6, 3));
    private final Tap stream = tap("stream");
    private final Tap branch = tap("branch");
    private final Tap end = tap("end");

    @Override
    public Tensor forward(Tensor x) {
      Tensor residual = stream.of(relu.forward(first.forward(x)));
      Tensor added = branch.of(relu.forward(second.forward(residual)));
      return head.forward(end.of(residual.add(added)));
    }
  }

  static void assertSame(InteractionResult before, InteractionResult after, double tolerance) {
    for (int l = 0; l < before.layers().size() - 1; l++) {
      Tensor lambda = before.layers().get(l).lambda();
      assertThat(TinyNetworks.distance(after.layers().get(l).lambda(), lambda))
          .isLessThan(tolerance * TinyNetworks.largest(lambda));
      Tensor edges = before.edges().get(l).weights();
      assertThat(TinyNetworks.distance(after.edges().get(l).weights(), edges))
          .isLessThan(tolerance * TinyNetworks.largest(edges));
    }
  }
}
