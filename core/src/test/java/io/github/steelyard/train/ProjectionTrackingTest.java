package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.io.inspect.Histogram;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.Projection;
import io.github.steelyard.optim.SGDP;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.WeightTracking.WeightChange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProjectionTrackingTest {
  /** It stands before a batch normalization. */
  private static final Set<String> INVARIANT = Set.of("fc1.weight");

  private final Module model = TinyRun.net();
  private final SGDP optimizer = new SGDP(ParameterGroup.of(model, 0.05, 0));
  private final WeightTracking weights = new WeightTracking(2);
  private final ProjectionTracking projections = new ProjectionTracking(2, INVARIANT);

  private void train() {
    new Trainer(
            model,
            optimizer,
            TinyRun.clouds(),
            new CrossEntropy(0),
            TrainingConfiguration.ofEpochs(1))
        .callback("weights", weights)
        .callback("projections", projections)
        .run();
  }

  @Test
  void givenScaleInvariantWeights_whenTheyAreTrainedBySgdp_thenTheirSharesAreThoseOfTheOptimizer() {
    train();

    assertThat(projections.samples())
        .extracting(ProjectionTracking.Sample::step)
        .containsExactly(2L, 4L, 6L, 8L, 10L);
    Map<String, Projection> last = new LinkedHashMap<>(optimizer.projections());
    ProjectionTracking.Sample end = projections.samples().get(4);
    assertThat(end.invariant())
        .isEqualTo(last.remove("fc1.weight") == Projection.NEVER ? 0.0 : 1.0);
    long others = last.values().stream().filter(p -> p != Projection.NEVER).count();
    assertThat(end.others()).isEqualTo((double) others / last.size());
    assertThat(projections.meanInvariantShare()).isPositive();
  }

  @Test
  void givenATrackedRun_whenItIsSummedUp_thenNumbersAreMeansOfTheSamples() {
    train();
    ScaleInvariantSummary summary = ScaleInvariantSummary.of(weights, projections, INVARIANT);

    List<WeightChange> changes =
        weights.samples().stream().map(sample -> sample.changes().get("fc1.weight")).toList();
    assertThat(summary.weights()).isEqualTo(1);
    assertThat(summary.relativeNorm()).isEqualTo(changes.get(4).relativeNorm());
    assertThat(summary.effectiveStep())
        .isCloseTo(
            changes.stream().mapToDouble(WeightChange::effectiveStep).sum() / 5, within(1e-12));
    assertThat(summary.projectedShare()).isEqualTo(projections.meanInvariantShare());

    ScaleInvariantSummary none = ScaleInvariantSummary.of(weights, projections, Set.of());
    assertThat(none.weights()).isZero();
    assertThat(none.relativeNorm()).isNaN();
    assertThat(none.effectiveStep()).isNaN();
  }

  @Test
  void givenValuesThatAreNotFinite_whenASampleIsAveraged_thenTheyAreLeftOut() {
    WeightTracking.Sample sample =
        new WeightTracking.Sample(
            1,
            Map.of(
                "a", new WeightChange(1, 2, 3),
                "b", new WeightChange(1, Double.NaN, 5),
                "c", new WeightChange(1, 9, 9)));
    assertThat(sample.mean(Set.of("a", "b"), WeightChange::effectiveStep)).hasValue(4);
    assertThat(sample.mean(Set.of("a", "b"), WeightChange::relativeNorm)).hasValue(2);
    assertThat(sample.mean(Set.of("d"), WeightChange::norm)).isEmpty();
  }

  @Test
  void givenATrackedRun_whenItsStateIsRestored_thenTheSamplesAreThere() {
    train();
    State state = projections.state();
    ProjectionTracking restored = new ProjectionTracking(2, INVARIANT);
    restored.restore(state);

    assertThat(restored.samples()).isEqualTo(projections.samples());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> restored.restore(new State(Map.of(), Map.of("samples", List.of(1)))))
        .withMessageContaining("three numbers");
    assertThatIllegalArgumentException().isThrownBy(() -> new ProjectionTracking(0, INVARIANT));
  }

  @Test
  void givenSomeWeights_whenTheirHistogramIsMade_thenItHoldsEachOfTheirValues() {
    Histogram both = WeightHistograms.together(model, Set.of("fc1.weight", "fc2.weight"), 7);

    assertThat(both.counts()).hasSize(7);
    assertThat(both.counts().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(16L * (TinyRun.FEATURES + TinyRun.CLASSES));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WeightHistograms.together(model, Set.of("fc9.weight"), 7))
        .withMessageContaining("fc9.weight");
  }
}
