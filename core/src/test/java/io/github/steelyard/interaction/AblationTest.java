package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.interaction.AblationTolerance.Measure;
import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
class AblationTest {
  private static final List<String> LAYERS = TinyNetworks.layers(2);

  private final Module model = TinyNetworks.perceptron(Activation.RELU, 5, List.of(8, 7), 4);
  private final Tensor inputs = TinyNetworks.normal(21, 120, 5);

  private interface Work {
    void on(Segments segments, Ablation ablation, InteractionResult result);
  }

  private void with(InteractionConfiguration configuration, Work work) {
    try (Segments segments = Segments.open(model, LAYERS, inputs)) {
      InteractionResult result =
          new InteractionBasis(configuration).compute(segments, TinyNetworks.batches(inputs, 50));
      Tensor answers =
          Scope.computeWithoutGradient(
              () -> model.forward(inputs).argmax(new LongOptional(1), false));
      work.on(segments, new Ablation(segments, TensorBatches.ordered(inputs, answers, 50)), result);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = BasisKind.class,
      names = {"LOCAL", "SVD", "NEURON"})
  void givenAnyBasis_whenVectorsAreRemoved_thenAllGivesTheBaseAndNoneGivesTheBiasesAlone(
      BasisKind kind) {
    with(
        InteractionConfiguration.local().with(i -> i.threshold = 1e-12).withBasis(kind),
        (segments, ablation, result) -> {
          AblationCurve curve = ablation.vectors(1, result.layers().get(1), AblationSchedule.all());
          assertThat(curve.total()).isEqualTo(9);
          assertThat(curve.base().accuracy()).isEqualTo(1);
          assertThat(curve.points().get(0)).isEqualTo(new AblationPoint(9, curve.base()));
          assertThat(curve.points()).hasSize(10);
          // Without any direction the constant is gone too: the output is 0.
          assertThat(curve.points().get(9).score().loss()).isCloseTo(Math.log(4), within(1e-12));
          assertThat(curve.points().get(1).score().loss())
              .isLessThan(curve.points().get(9).score().loss());
        });
  }

  @Test
  void givenEdges_whenTheyAreRemoved_thenAllGivesTheBaseAndFewGiveLess() {
    with(
        InteractionConfiguration.local().with(i -> i.threshold = 1e-12),
        (segments, ablation, result) -> {
          AblationCurve curve = ablation.edges(1, result, AblationSchedule.linear(10));
          assertThat(curve.total()).isEqualTo(9 * 8);
          assertThat(curve.points().get(0).score()).isEqualTo(curve.base());
          assertThat(curve.points().get(9).kept()).isZero();
          assertThat(curve.points().get(9).score().loss()).isGreaterThan(curve.base().loss());
          AblationBisection needed =
              ablation.edges(1, result, new AblationTolerance(Measure.LOSS, 0.01));
          assertThat(needed.required()).isBetween(1, 72);
          assertThat(needed.tried())
              .filteredOn(point -> point.kept() == needed.required())
              .allSatisfy(
                  point ->
                      assertThat(point.score().loss())
                          .isLessThanOrEqualTo(needed.base().loss() + 0.01));
        });
  }

  /** A mask without any distinction is a projection: both ways must give the same. */
  @Test
  void givenTheEdgesOfSomeVectorsAlone_whenTheyAreKept_thenItEqualsTheAblationOfVectors() {
    with(
        InteractionConfiguration.local().with(i -> i.threshold = 1e-12),
        (segments, ablation, result) -> {
          LayerBasis basis = result.layers().get(1);
          Edges edges = result.edges().get(1);
          Tensor chosen = edges.weights().clone().fill_(new Scalar(0.0));
          chosen.narrow(1, 1, 2).fill_(new Scalar(1.0));
          InteractionResult changed =
              new InteractionResult(
                  result.configuration(),
                  result.layers(),
                  List.of(
                      result.edges().get(0),
                      new Edges(edges.from(), edges.to(), chosen, chosen, 0),
                      result.edges().get(2)));
          int kept = Math.toIntExact(2 * chosen.size(0));
          AblationPoint byEdges =
              ablation.edges(1, changed, total -> new int[] {kept}).points().get(0);
          AblationPoint byVectors =
              ablation.vectors(1, basis, total -> new int[] {3}).points().get(0);
          assertThat(byEdges.score().loss()).isCloseTo(byVectors.score().loss(), within(1e-9));
        });
  }

  @Test
  void givenSchedules_whenAsked_thenTheyGiveTheAuthorsNumbers() {
    assertThat(AblationSchedule.exponential(2, 0).kept(12)).containsExactly(12, 7, 3, 1, 0);
    assertThat(AblationSchedule.exponential(2, 1).kept(12)).containsExactly(12, 8, 4, 2, 1, 0);
    assertThat(AblationSchedule.exponential(2, 3).kept(24))
        .containsExactly(24, 18, 10, 6, 4, 3, 2, 1, 0);
    assertThat(AblationSchedule.all().kept(3)).containsExactly(3, 2, 1, 0);
    assertThat(AblationSchedule.linear(3).kept(9)).containsExactly(9, 5, 0);
    assertThatThrownBy(() -> AblationSchedule.linear(1)).hasMessageContaining("1");
    assertThatThrownBy(() -> AblationSchedule.exponential(1, 0)).hasMessageContaining("1");
  }

  @Test
  void givenABasisOfAnotherLayer_whenItIsAblated_thenTheErrorNamesBoth() {
    with(
        InteractionConfiguration.local(),
        (segments, ablation, result) ->
            assertThatThrownBy(
                    () -> ablation.vectors(1, result.layers().get(2), AblationSchedule.all()))
                .hasMessageContaining("hidden1")
                .hasMessageContaining("hidden2"));
  }
}
