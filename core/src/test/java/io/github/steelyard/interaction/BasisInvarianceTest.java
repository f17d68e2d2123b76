package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The basis does not depend on how the network is written. */
@Tag("once")
class BasisInvarianceTest {
  private static final List<String> LAYERS = TinyNetworks.layers(2);
  private static final InteractionConfiguration LOCAL =
      InteractionConfiguration.local().with(i -> i.threshold = 1e-10);

  private static Module perceptron(Activation activation) {
    return TinyNetworks.perceptron(activation, 5, List.of(7, 6), 3);
  }

  private static Tensor inputs() {
    return TinyNetworks.normal(11, 150, 5);
  }

  /** h -> h A with the next weights A^-1, in the linear parts; the function stays. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void givenARandomInvertibleReparameterization_whenAnalysedAgain_thenNothingChanges(long seed) {
    Module model = perceptron(Activation.IDENTITY);
    InteractionResult before = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL);
    reparameterize(
        model, TinyNetworks.normal(seed, 7, 7).add(Matrices.eye(7).mul(new Scalar(3.0))));
    InteractionResult after = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL);

    TinyNetworks.assertSame(before, after, 1e-8);
    Tensor components =
        TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL.withBasis(BasisKind.SVD))
            .layers()
            .get(1)
            .lambda();
    assertThat(TinyNetworks.distance(components, before.layers().get(1).principal().lambda()))
        .as("principal components do change")
        .isGreaterThan(0.1);
  }

  /** A positive scale and another order of ReLU units leave the function as it is. */
  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void givenScaledAndReorderedUnits_whenAnalysedAgain_thenNothingChanges(long seed) {
    Module model = perceptron(Activation.RELU);
    InteractionResult before = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL);
    Tensor order = Tensor.create(new long[] {3, 0, 6, 1, 5, 2, 4}, 7L);
    Tensor scale = TinyNetworks.normal(seed, 7).exp().diag().index_select(1, order);
    reparameterize(model, scale);

    TinyNetworks.assertSame(before, TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL), 1e-8);
  }

  private static void reparameterize(Module model, Tensor a) {
    Linear first = TinyNetworks.linear(model, "fc1");
    Linear second = TinyNetworks.linear(model, "fc2");
    Scope.withoutGradient(
        () -> {
          Tensor inverse = torch.linalg_inv(a);
          first.weight().assign(a.t().matmul(first.weight().value()));
          first.bias().orElseThrow().assign(first.bias().orElseThrow().value().matmul(a));
          second.weight().assign(second.weight().value().matmul(inverse.t()));
        });
  }
}
