package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("once")
class OscillationCallbacksTest {
  private static final double RANGE = 0.1;

  @TempDir Path folder;

  /** A run with everything of this room that acts and watches. */
  private static final class Run {
    final Module model;
    final OscillationTracking tracking =
        new OscillationTracking(OscillationTrackingConfiguration.of(2));
    final Trainer trainer;
    final IterativeFreezing freezing = new IterativeFreezing(IterativeFreezingTest.EAGER);

    Run(String kind, RunDirectory directory, long stop) {
      model = QuantizedRun.model(kind.equals("freezing") ? QuantizedRun.LSQ : QuantizedRun.QKR);
      trainer = QuantizedRun.trainer(model, QuantizedRun::adamW);
      trainer
          .callback(
              "acting",
              kind.equals("freezing")
                  ? freezing
                  : new ConfidenceGuidedAnnealing(
                      new ConfidenceGuidedAnnealingConfiguration(2, RANGE, "*")))
          .callback("tracking", tracking)
          .callback("interruption", new InterruptionAfter(stop, trainer::requestStop))
          .runDirectory(directory);
    }
  }

  @ParameterizedTest
  @CsvSource({"annealing, 6", "annealing, 8", "freezing, 7"})
  void givenARunStoppedInTheMiddle_whenItIsResumed_thenWeightsAndRecordsEqualAWholeRun(
      String kind, long stop) throws IOException {
    Run whole;
    try (RunDirectory directory = RunDirectory.create(folder.resolve("whole"))) {
      whole = new Run(kind, directory, -1);
      whole.trainer.run();
    }
    try (RunDirectory directory = RunDirectory.create(folder.resolve("parts"))) {
      new Run(kind, directory, stop).trainer.run();
    }
    Run part;
    String log;
    try (RunDirectory directory = RunDirectory.resume(folder.resolve("parts"))) {
      part = new Run(kind, directory, -1);
      assertThat(part.trainer.resume()).contains(stop);
      part.trainer.run();
      log = Files.readString(directory.metrics());
    }

    Map<String, Tensor> expected = whole.model.stateDict();
    part.model
        .stateDict()
        .forEach((n, tensor) -> assertThat(tensor.equal(expected.get(n))).as(n).isTrue());
    assertThat(part.tracking.samples())
        .isEqualTo(whole.tracking.samples())
        .hasSize(QuantizedRun.STEPS / 2);
    assertThat(part.tracking.lastDwell()).isEqualTo(whole.tracking.lastDwell());
    assertThat(part.tracking.tracker().ema().equal(whole.tracking.tracker().ema())).isTrue();
    assertThat(part.tracking.tracker().total().equal(whole.tracking.tracker().total())).isTrue();
    for (int i = 0; i < 6; i++) {
      assertThat(part.tracking.trajectories().get(i).points())
          .isEqualTo(whole.tracking.trajectories().get(i).points())
          .hasSize(QuantizedRun.STEPS + 1);
    }
    assertThat(part.freezing.frozenShare()).isEqualTo(whole.freezing.frozenShare());
    assertThat(log).contains("\"event\":\"oscillation\"", "\"dwell\":[", "\"positions\":{");
  }

  @Test
  void givenWhatDoesNotFit_whenARunBegins_thenTheErrorSaysWhatWould() {
    refused(
        QuantizedRun.STATSQ,
        new IterativeFreezing(IterativeFreezingTest.EAGER),
        "use the method lsq");
    refused(
        QuantizedRun.STATSQ,
        new ConfidenceGuidedAnnealing(ConfidenceGuidedAnnealingConfiguration.of(4)),
        "4 epochs, but the run has 3");
    refused(
        QuantizedRun.STATSQ,
        new ConfidenceGuidedAnnealing(
            new ConfidenceGuidedAnnealingConfiguration(1, 0.005, "blocks.0.mlp.fc3")),
        "did you mean");
    refused(
        QuantizedRun.LSQ,
        new IterativeFreezing(new IterativeFreezingConfiguration(0.01, 0.04, 0.01, 1)),
        "raise maxBits");
    assertThatThrownBy(() -> new ConfidenceGuidedAnnealingConfiguration(1, 0.6, "*"))
        .hasMessageContaining("0.6");
    assertThatThrownBy(() -> new StatsQ(2).setBoundaryRange(OptionalDouble.of(-1)))
        .hasMessageContaining("-1");
  }

  private static void refused(
      QuantizationConfiguration configuration, Callback callback, String message) {
    Module model = QuantizedRun.model(configuration);
    Trainer trainer = QuantizedRun.trainer(model, QuantizedRun::adamW).callback("own", callback);
    assertThatThrownBy(trainer::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
