package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.State;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class OscillationTrackingTest {
  @Test
  void givenATrackedRun_whenItEnds_thenSamplesAgreeWithTheTrackerAndCountEveryWeight() {
    Module model = QuantizedRun.model(QuantizedRun.QKR);
    OscillationTracking tracking =
        new OscillationTracking(
            new OscillationTrackingConfiguration(4, 0.5, 0.005, 2, "blocks.1.mlp.*"));
    QuantizedRun.trainer(model, QuantizedRun::adamW).callback("tracking", tracking).run();

    OscillationSample last = tracking.samples().get(2);
    assertThat(last.step()).isEqualTo(QuantizedRun.STEPS);
    assertThat(last.total()).isPositive().isEqualTo(tracking.tracker().total().sum().item_long());
    long weights = tracking.tracker().ema().numel();
    assertThat(last.share())
        .isPositive()
        .isEqualTo(tracking.tracker().ema().gt(new Scalar(0.005)).sum().item_double() / weights);
    assertThat(last.shares().keySet()).isEqualTo(QuantizedWeight.of(model).keySet());
    assertThat(last.dwell().stream().mapToLong(Long::longValue).sum()).isEqualTo(weights);
    assertThat(tracking.trajectories())
        .extracting(WeightTrajectory::weight)
        .containsExactly("blocks.1.mlp.fc1.weight", "blocks.1.mlp.fc2.weight");
  }

  @Test
  void givenATrackedRun_whenItIsSummedUp_thenPeakAndEndAreThoseOfItsSamples() {
    Module model = QuantizedRun.model(QuantizedRun.QKR);
    OscillationTracking tracking =
        new OscillationTracking(
            new OscillationTrackingConfiguration(4, 0.5, 0.005, 2, "blocks.1.mlp.*"));
    assertThat(tracking.summary(model)).isEmpty();
    QuantizedRun.trainer(model, QuantizedRun::adamW).callback("tracking", tracking).run();

    OscillationSummary summary = tracking.summary(model).orElseThrow();
    OscillationSample last = tracking.samples().get(2);
    assertThat(summary.end()).isEqualTo(last.share());
    assertThat(summary.endNearThreshold()).isBetween(0.0, 0.5);
    assertThat(summary.thresholdMovement().orElseThrow())
        .isCloseTo(
            tracking.samples().stream()
                .mapToDouble(sample -> sample.thresholdMovement().orElseThrow())
                .average()
                .orElseThrow(),
            within(1e-12))
        .isPositive();
    assertThat(tracking.samples())
        .extracting(OscillationSample::share)
        .contains(summary.peak())
        .allMatch(share -> share <= summary.peak());
    double[] fewest =
        last.shares().entrySet().stream()
            .filter(
                entry -> !entry.getKey().startsWith("patch") && !entry.getKey().startsWith("head"))
            .mapToDouble(Map.Entry::getValue)
            .toArray();
    assertThat(summary.endFewestBits())
        .isCloseTo(Arrays.stream(fewest).sum() / fewest.length, within(1e-12));
  }

  /** Of StatsQ's thresholds -0.6, 0 and 0.6 two move by 0.1; of LSQ's -0.5 and 0.5 each by 0.05. */
  @Test
  void givenAStepByHand_whenThresholdsMove_thenTheirMovementIsThatOfTheNearestOnes() {
    Tensor weight = torch.tensor(1F, -1F, 0.2F, -0.2F).view(1, 4);
    Lsq lsq = new Lsq(2, Slice.OUTPUT_CHANNEL, Signedness.SIGNED);
    lsq.forward(weight);
    lsq.scale().tensor().detach().fill_(new Scalar(1));
    Map<String, QuantizedWeight> learned = Map.of("w", new QuantizedWeight(() -> weight, lsq));
    Map<String, QuantizedWeight> statistics =
        Map.of("w", new QuantizedWeight(() -> weight, new StatsQ(2)));
    ThresholdMovement ofLsq = new ThresholdMovement();
    ThresholdMovement ofStatsQ = new ThresholdMovement();
    assertThat(ofLsq.since(learned, Map.of())).isEmpty();
    ofLsq.remember(learned);
    ofStatsQ.remember(statistics);

    weight.select(1, 0).fill_(new Scalar(1.4));
    lsq.scale().tensor().detach().fill_(new Scalar(1.1));

    Map<String, Tensor> positions = Map.of("w", lsq.position(weight));
    assertThat(ofLsq.since(learned, positions).orElseThrow()).isCloseTo(0.25, within(1e-6));
    positions = Map.of("w", new StatsQ(2).position(weight));
    assertThat(ofStatsQ.since(statistics, positions).orElseThrow())
        .isCloseTo(Math.sqrt(0.125), within(1e-6));
    ofLsq.remember(learned);
    assertThat(ofLsq.since(learned, positions)).isEmpty();
  }

  @Test
  void givenIntegersByHand_whenTheyAreTracked_thenOnlySwitchesAgainstTheLastOnesCount() {
    OscillationTracker tracker = new OscillationTracker(0.5);
    for (int[] integers : new int[][] {{0, 0, 0}, {1, 1, 0}, {0, 2, 0}, {0, 1, 0}, {1, 1, 0}}) {
      tracker.update(torch.tensor(integers));
    }
    assertThat(List.of(0, 1, 2).stream().map(i -> tracker.total().select(0, i).item_int()))
        .containsExactly(2, 1, 0);
    assertThat(List.of(0, 1, 2).stream().map(i -> tracker.ema().select(0, i).item_double()))
        .containsExactly(0.625, 0.25, 0.0);
    assertThatThrownBy(() -> tracker.update(torch.tensor(new int[] {1})))
        .hasMessageContaining("[3], not [1]");
  }

  @Test
  void givenMoreStepsThanPoints_whenAWeightIsFollowed_thenMemoryStaysBounded() {
    WeightTrajectory trajectory = new WeightTrajectory("w", 0, -2, 1);
    for (long step = 0; step < 50_000; step++) {
      if (trajectory.wants(step)) {
        trajectory.add(step, (double) step);
      }
    }
    assertThat(trajectory.points()).hasSizeBetween(500, 1000);
    assertThat(trajectory.points().get(0).step()).isZero();
    assertThat(trajectory.points()).allMatch(point -> point.step() % trajectory.stride() == 0);
  }

  @Test
  void givenAStartedTracking_whenAnEmptyStateIsRestored_thenItHasSeenNothing() {
    Module model = QuantizedRun.model(QuantizedRun.STATSQ);
    OscillationTracking tracking = new OscillationTracking(OscillationTrackingConfiguration.of(1));
    State empty = tracking.state();
    QuantizedRun.trainer(model, QuantizedRun::adamW).callback("tracking", tracking).run();

    tracking.restore(empty);

    assertThat(tracking.tracker().isStarted()).isFalse();
    assertThat(tracking.samples()).isEmpty();
    assertThat(tracking.trajectories()).isEmpty();
  }
}
