package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PassCostsTest {
  private static final int BATCHES = 2;
  private static final List<String> LAYERS = List.of("hidden1", "hidden2", Segments.OUTPUT);

  private Module model;
  private Tensor inputs;
  private TensorBatches data;

  @BeforeEach
  void makeANetwork() {
    Seeds.set(3);
    model =
        Models.create(
            "mlp",
            ModelOptions.none()
                .with(o -> o.hidden = List.of(9, 7))
                .with(o -> o.inputChannels = 1)
                .with(o -> o.imageSize = 4)
                .with(o -> o.classes = 3));
    inputs = Scope.computeWithoutGradient(() -> torch.rand(40, 1, 4, 4));
    data =
        Scope.compute(
            () ->
                TensorBatches.ordered(
                    inputs, torch.zeros(new long[] {40}, new TensorOptions(ScalarType.Long)), 20));
  }

  private static InteractionConfiguration configuration(BasisKind basis) {
    InteractionConfiguration local = InteractionConfiguration.local();
    return basis == BasisKind.INTEGRATED_GRADIENT
        ? new InteractionConfiguration(
            basis, local.edges(), local.quadrature(), true, false, 1e-5, local.sources())
        : local.withBasis(basis);
  }

  @ParameterizedTest
  @EnumSource(
      value = BasisKind.class,
      names = {"LOCAL", "INTEGRATED_GRADIENT", "SVD", "NEURON"})
  void givenABasis_whenItIsComputed_thenThereAreAsManyPassesAsAreCounted(BasisKind basis) {
    InteractionConfiguration how = configuration(basis);
    AtomicInteger heard = new AtomicInteger();
    try (Segments segments = Segments.open(model, LAYERS, inputs)) {
      PassCosts costs = new PassCosts(segments.layers(), List.of(0.5, 0.5));
      new InteractionBasis(how)
          .listener((stage, done, total) -> heard.incrementAndGet())
          .compute(segments, data);
      assertThat(heard.get()).isEqualTo(BATCHES * costs.passes(how));
    }
  }

  @Test
  void givenEdges_whenTheyAreTriedOut_thenThereAreHardlyFewerPassesThanAreCounted() {
    InteractionConfiguration how = configuration(BasisKind.LOCAL);
    AtomicInteger[] heard = {new AtomicInteger(), new AtomicInteger()};
    try (Segments segments = Segments.open(model, LAYERS, inputs)) {
      InteractionResult result = new InteractionBasis(how).compute(segments, data);
      EdgeComparison.measure(
          listener -> new Ablation(segments, data, listener),
          Map.of(BasisKind.LOCAL, result),
          new AblationTolerance(AblationTolerance.Measure.LOSS, 0.05),
          segment -> (stage, done, total) -> heard[segment].incrementAndGet());
      for (int s = 0; s < 2; s++) {
        int counted =
            Math.toIntExact(
                EdgeComparison.passes(segments.layers().get(s), segments.layers().get(s + 1)));
        assertThat(heard[s].get() / BATCHES).isBetween(counted - 2, counted);
      }
    }
  }

  @Test
  void givenTheSharesOfSections_whenPassesAreCounted_thenWiderAndLargerSectionsCostMore() {
    List<NodeLayer> layers =
        List.of(
            new NodeLayer("a", 11, 1, false, true),
            new NodeLayer("b", 11, 1, false, true),
            new NodeLayer("c", 101, 1, false, true),
            new NodeLayer("d", 101, 1, false, true));
    PassCosts costs = new PassCosts(layers, List.of(0.1, 0.1, 0.4));
    assertThat(costs.trialOfEdges(0)).isBetween(2.0, costs.trialOfEdges(1));
    assertThat(costs.trialOfEdges(1)).isLessThan(costs.trialOfEdges(2));
    double backwards = costs.pass(configuration(BasisKind.LOCAL));
    assertThat(costs.pass(configuration(BasisKind.SVD))).isBetween(1.0, backwards);
  }
}
