package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
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

  @ParameterizedTest
  @EnumSource(
      value = BasisKind.class,
      names = {"LOCAL", "INTEGRATED_GRADIENT", "SVD", "NEURON"})
  void givenABasis_whenItIsComputed_thenEachPassWasPlannedInItsOrder(BasisKind basis) {
    ExplanationSettings settings = ExplanationSettings.standard().with(e -> e.basis = basis);
    InteractionConfiguration how = settings.configuration();
    List<Duration> left = new ArrayList<>();
    ExplanationListener listener =
        new ExplanationListener() {
          @Override
          public void started() {}

          @Override
          public void advanced(
              String phase, double batch, int batches, Duration spent, Duration rest) {
            left.add(rest);
          }
        };
    try (Segments segments = Segments.open(model, LAYERS, inputs)) {
      // Nothing takes any time but the analysis, and nothing comes after it.
      NodeLayer[] layers = segments.layers().toArray(NodeLayer[]::new);
      PassCosts costs =
          new PassCosts(
              List.of(
                  new PassCosts.SegmentCost(layers[0], layers[1], PassCosts.Form.ANY, 1),
                  new PassCosts.SegmentCost(layers[1], layers[2], PassCosts.Form.ANY, 1)),
              1);
      ExplanationWork work = new ExplanationWork(listener, BATCHES, System::nanoTime);
      work.planAnalysis(costs, how);
      new InteractionBasis(how).listener(work.analysis(how)).compute(segments, data);
    }
    assertThat(left.get(left.size() - 1)).isZero();
    assertThat(left.subList(0, left.size() - 1)).allMatch(rest -> !rest.isZero());
  }

  @Test
  void givenEdges_whenTheyAreTriedOut_thenThereAreHardlyFewerPassesThanAreCounted() {
    InteractionConfiguration how = InteractionConfiguration.local();
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
  void givenTheRunsOfSegments_whenPassesAreExpected_thenWiderAndSlowerSegmentsTakeLonger() {
    NodeLayer narrow = new NodeLayer("a", 11, 1, false, true);
    NodeLayer wide = new NodeLayer("c", 101, 1, false, true);
    NodeLayer sequence = new NodeLayer("d", 101, 17, true, true);
    PassCosts costs =
        new PassCosts(
            List.of(
                new PassCosts.SegmentCost(narrow, narrow, PassCosts.Form.ANY, 0.1),
                new PassCosts.SegmentCost(narrow, wide, PassCosts.Form.ANY, 0.1),
                new PassCosts.SegmentCost(wide, wide, PassCosts.Form.ANY, 0.4),
                new PassCosts.SegmentCost(sequence, sequence, PassCosts.Form.ANY, 0.4),
                new PassCosts.SegmentCost(sequence, sequence, PassCosts.Form.BLOCK, 0.4)),
            1);
    InteractionConfiguration local = InteractionConfiguration.local();
    assertThat(costs.trialOfEdges(0)).isBetween(2.0, costs.trialOfEdges(1));
    assertThat(costs.trialOfEdges(1)).isLessThan(costs.trialOfEdges(2));
    for (int s = 0; s < 3; s++) {
      assertThat(costs.basis(s, local)).isLessThan(costs.basis(s + 1, local));
      assertThat(costs.edges(s, local)).isLessThan(costs.edges(s + 1, local));
    }
    assertThat(costs.edges(4, local)).isLessThan(costs.edges(3, local) / 17);
    assertThat(costs.basis(4, local)).isLessThan(costs.basis(3, local) / 17);
  }
}
