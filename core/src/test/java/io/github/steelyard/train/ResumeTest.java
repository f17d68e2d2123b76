package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Schedules;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.TrainingResult.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResumeTest {
  private static final TrainingConfiguration CONFIGURATION =
      TrainingConfiguration.ofEpochs(3)
          .with(t -> t.seed = 5)
          .with(t -> t.accumulation = 3)
          .with(t -> t.maxGradientNorm = 1)
          .with(t -> t.logEvery = 1)
          .with(t -> t.monitor = "average.accuracy");
  private static final int STEPS = 12;

  @TempDir Path folder;

  /** Everything that takes part in one run. */
  private static final class Run {
    final TinyRun.Net model = TinyRun.net();
    final WeightAverage average = new WeightAverage(model, 0.9, true);
    final WeightTracking tracking = new WeightTracking(2);
    final Trainer trainer;

    Run(RunDirectory directory, Function<Module, Optimizer> optimizer) {
      trainer =
          new Trainer(
                  model,
                  optimizer.apply(model),
                  TinyRun.clouds(),
                  new CrossEntropy(0.1),
                  CONFIGURATION)
              .schedule(Schedules.warmup(3, 0.1, Schedules.cosine(9, 0)))
              .penalty("fc2", m -> m.namedParameters().get("fc2.weight").value().square().mean())
              .evaluate(TinyRun.clouds(2, 32, 8), new Accuracy())
              .average(average)
              .callback("tracking", tracking)
              .callback("stopping", new EarlyStopping("accuracy", 100, 0))
              .callback("histograms", new WeightHistograms(4))
              .callback("announcing", new Announcing())
              .runDirectory(directory);
    }

    /** Stops as Ctrl-C does. */
    Run stoppingAfter(long step) {
      trainer.callback("interruption", new InterruptionAfter(step, trainer::requestStop));
      return this;
    }

    List<Map<String, String>> bits() {
      return List.of(TinyRun.bits(model.stateDict()), TinyRun.bits(average.weights()));
    }
  }

  /** Writes a line before each step, as gradual pruning does. */
  private static final class Announcing implements Callback {
    @Override
    public void beforeStep(TrainingContext context) {
      context.log("announced", Map.of("next", context.step() + 1));
    }
  }

  private List<String> log(RunDirectory run) throws IOException {
    return Files.readAllLines(run.metrics()).stream()
        .map(line -> line.replaceAll("\"seconds\":[^,}]+", ""))
        .toList();
  }

  private void requireSameEnd(Function<Module, Optimizer> optimizer, List<Integer> stops)
      throws IOException {
    Run whole;
    List<String> wholeLog;
    TrainingResult wholeResult;
    try (RunDirectory directory = RunDirectory.create(folder.resolve("whole"))) {
      whole = new Run(directory, optimizer);
      wholeResult = whole.trainer.run();
      wholeLog = log(directory);
    }
    try (RunDirectory directory = RunDirectory.create(folder.resolve("parts"))) {
      Run part = new Run(directory, optimizer).stoppingAfter(stops.get(0));
      assertThat(part.trainer.run().outcome()).isEqualTo(Outcome.INTERRUPTED);
    }
    Run part = null;
    for (int i = 1; i <= stops.size(); i++) {
      try (RunDirectory directory = RunDirectory.resume(folder.resolve("parts"))) {
        part = new Run(directory, optimizer);
        if (i < stops.size()) {
          part.stoppingAfter(stops.get(i));
        }
        assertThat(part.trainer.resume()).contains((long) stops.get(i - 1));
        TrainingResult result = part.trainer.run();
        if (i == stops.size()) {
          assertThat(result.outcome()).isEqualTo(Outcome.COMPLETED);
          assertThat(result.metrics()).isEqualTo(wholeResult.metrics());
          assertThat(result.best()).isEqualTo(wholeResult.best());
          assertThat(log(directory)).isEqualTo(wholeLog);
        }
      }
    }
    assertThat(part.bits()).isEqualTo(whole.bits());
    assertThat(part.tracking.samples()).isEqualTo(whole.tracking.samples()).hasSize(STEPS / 2);
  }

  @ParameterizedTest(name = "stopped after step {0} of 12")
  @ValueSource(ints = {1, 2, 3, 4, 7, 8, 11, 12})
  void givenARunWithAdamWThatStops_whenItIsResumed_thenItEndsInTheSameBits(int stop)
      throws IOException {
    requireSameEnd(TinyRun::adamW, List.of(stop));
  }

  @Test
  void givenARunWithMomentumThatStopsThreeTimes_whenItIsResumed_thenItEndsInTheSameBits()
      throws IOException {
    requireSameEnd(TinyRun::sgd, List.of(2, 4, 9));
  }

  @Test
  void givenLinesAfterTheCheckpointAndATornOne_whenTheRunIsResumed_thenTheLogIsCutBack()
      throws IOException {
    Path run = folder.resolve("run");
    List<String> before;
    try (RunDirectory directory = RunDirectory.create(run)) {
      new Run(directory, TinyRun::adamW).stoppingAfter(5).trainer.run();
      before = log(directory);
      Files.writeString(
          directory.metrics(),
          Files.readString(directory.metrics())
              + "{\"event\":\"step\",\"step\":6,\"epoch\":1}\n{\"event\":\"step\",\"st");
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Run resumed = new Run(directory, TinyRun::adamW).stoppingAfter(6);
      resumed.trainer.resume();
      resumed.trainer.run();
      assertThat(log(directory))
          .startsWith(before.subList(0, before.size() - 1).toArray(String[]::new))
          .hasSize(before.size() + 3);
    }
  }

  @Test
  void givenARunThatWasKilledBeforeItsFirstCheckpoint_whenItStartsAnew_thenItsLogDoesToo()
      throws IOException {
    Path run = folder.resolve("run");
    List<String> whole;
    try (RunDirectory directory = RunDirectory.create(run)) {
      new Run(directory, TinyRun::adamW).stoppingAfter(2).trainer.run();
      whole = log(directory);
      directory.newestCheckpoint().ifPresent(checkpoint -> checkpoint.toFile().delete());
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Run resumed = new Run(directory, TinyRun::adamW).stoppingAfter(2);
      assertThat(resumed.trainer.resume()).isEmpty();
      resumed.trainer.run();
      assertThat(log(directory)).hasSameSizeAs(whole).first().asString().contains("\"step\":0");
    }
  }

  @Test
  void givenALogThatWasChanged_whenTheRunIsResumed_thenItIsCutByStepsAndTheRunEndsTheSame()
      throws IOException {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      new Run(directory, TinyRun::adamW).stoppingAfter(5).trainer.run();
      String text = Files.readString(directory.metrics());
      Files.writeString(directory.metrics(), text.replaceFirst("\"loss\":", "\"lost\":"));
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Run resumed = new Run(directory, TinyRun::adamW);
      assertThat(resumed.trainer.resume()).contains(5L);
      assertThat(resumed.trainer.run().steps()).isEqualTo(STEPS);
      assertThat(log(directory).get(1)).contains("announced");
      assertThat(log(directory)).anyMatch(line -> line.contains("\"lost\""));
    }
  }

  @Test
  void givenACheckpointOfABuildBefore_whenItIsResumed_thenItsSamplesCountOneEach()
      throws IOException {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      new Run(directory, TinyRun::adamW).stoppingAfter(5).trainer.run();
      OldCheckpoint.rewrite(directory.newestCheckpoint().orElseThrow(), "epoch_weight");
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Run resumed = new Run(directory, TinyRun::adamW);
      assertThat(resumed.trainer.resume()).contains(5L);
      assertThat(resumed.trainer.run().steps()).isEqualTo(STEPS);
      Path newest = directory.newestCheckpoint().orElseThrow();
      OldCheckpoint.rewrite(newest, "epoch_weight");
      byte[] bytes = Files.readAllBytes(newest);
      bytes[bytes.length - 100] ^= 1;
      Files.write(newest, bytes);
      assertThatThrownBy(() -> Checkpoint.read(newest))
          .hasMessageContaining("the checksum of its tensors is");
    }
  }

  @Test
  void givenACheckpointWithOneOtherBit_whenAnyPartIsRead_thenItIsRefused() throws IOException {
    Path file = folder.resolve("one.safetensors");
    State model = new State(Map.of("w", torch.ones(3)), Map.of());
    State position = new State(Map.of(), Map.of("step", 18L));
    new Checkpoint(Map.of("model", model, "trainer", position), Map.of("seed", 1L)).write(file);
    byte[] written = Files.readAllBytes(file);
    assertThat(Checkpoint.read(file).part("trainer").values()).containsEntry("step", 18L);
    for (int bit = 0; bit < 8 * written.length; bit++) {
      byte[] damaged = written.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, damaged);
      for (ThrowingCallable reader :
          List.<ThrowingCallable>of(
              () -> Checkpoint.read(file),
              () -> Checkpoint.readPart(file, "model"),
              () -> Checkpoint.readScored(file))) {
        assertThatThrownBy(reader)
            .as("bit %d of byte %d", bit % 8, bit / 8)
            .isInstanceOf(IOException.class)
            .hasMessageContaining(file.toString());
      }
    }
  }

  @Test
  void givenTheNewestCheckpointIsDamaged_whenTheRunIsResumed_thenTheOneBeforeIsUsed()
      throws IOException {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      new Run(directory, TinyRun::adamW).trainer.run();
      Path newest = directory.newestCheckpoint().orElseThrow();
      byte[] bytes = Files.readAllBytes(newest);
      bytes[bytes.length - 100] ^= 1;
      Files.write(newest, bytes);

      assertThatThrownBy(() -> Checkpoint.read(newest))
          .hasMessageContaining(newest.toString())
          .hasMessageContaining("checksum");
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Run resumed = new Run(directory, TinyRun::adamW);
      assertThat(resumed.trainer.resume()).contains(8L);
      assertThat(directory.checkpoints().resolve("step-000000012.safetensors.damaged")).exists();
      assertThat(resumed.trainer.run().steps()).isEqualTo(STEPS);
    }
  }

  @Test
  void givenOnlyDamagedCheckpoints_whenTheRunIsResumed_thenTheErrorNamesEachAndNothingIsMoved()
      throws IOException {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      Files.write(directory.checkpoints().resolve("step-000000004.safetensors"), new byte[3]);
      Files.write(directory.checkpoints().resolve("best.safetensors"), new byte[200]);
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Run resumed = new Run(directory, TinyRun::adamW);
      assertThatThrownBy(resumed.trainer::resume)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("step-000000004.safetensors")
          .hasMessageContaining("best.safetensors");
      assertThat(directory.checkpoints().resolve("step-000000004.safetensors")).exists();
    }
  }

  @Test
  void givenNoCheckpointYet_whenTheRunIsResumed_thenItStartsAtTheBeginning() throws IOException {
    Path run = folder.resolve("run");
    RunDirectory.create(run).close();
    try (RunDirectory directory = RunDirectory.resume(run)) {
      assertThat(new Run(directory, TinyRun::adamW).trainer.resume()).isEmpty();
    }
  }

  @Test
  void givenACheckpointOfAnotherOptimizer_whenItIsRestored_thenTheErrorSaysSoAndNothingChanges()
      throws IOException {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      new Run(directory, TinyRun::adamW).stoppingAfter(3).trainer.run();
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Run other = new Run(directory, TinyRun::sgd);
      List<Map<String, String>> before = other.bits();
      assertThatThrownBy(other.trainer::resume)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("adamw")
          .hasMessageContaining("sgd");
      assertThat(other.bits()).isEqualTo(before);
    }
  }

  @Test
  void givenACheckpointOfAnotherModelSourceOrSetOfCallbacks_whenItIsRestored_thenTheErrorSaysSo()
      throws IOException {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      new Run(directory, TinyRun::adamW).stoppingAfter(3).trainer.run();
      Checkpoint saved = Checkpoint.read(directory.newestCheckpoint().orElseThrow());

      TinyRun.Net wide = new TinyRun.Net(17);
      assertThatThrownBy(() -> trainer(wide, TinyRun.clouds()).restore(saved))
          .hasMessageContaining("fc1.weight");
      assertThatThrownBy(() -> trainer(TinyRun.net(), TinyRun.clouds(11, 16, 7)).restore(saved))
          .hasMessageContaining("10 batches in an epoch, this one has 11");
      assertThatThrownBy(
              () ->
                  new Trainer(
                          wide,
                          TinyRun.adamW(wide),
                          TinyRun.clouds(),
                          new CrossEntropy(),
                          CONFIGURATION)
                      .restore(saved))
          .hasMessageContaining("'average'");
      assertThatThrownBy(
              () ->
                  trainer(TinyRun.net(), TinyRun.clouds())
                      .callback("more", new WeightTracking(1))
                      .restore(saved))
          .hasMessageContaining("lacks the state of 'callback.more'");
    }
  }

  private static Trainer trainer(Module model, BatchSource source) {
    return new Trainer(model, TinyRun.adamW(model), source, new CrossEntropy(), CONFIGURATION)
        .average(new WeightAverage(model, 0.9, true))
        .callback("tracking", new WeightTracking(2))
        .callback("stopping", new EarlyStopping("accuracy", 100, 0));
  }
}
