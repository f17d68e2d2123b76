package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.Batch;
import io.github.steelyard.train.TrainingResult.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StoppingTest {
  private static final double NAN = Double.NaN;

  @TempDir Path folder;

  /** Gives one value after the other, an evaluation each. */
  private static final class Scripted implements Metric {
    private final List<Double> values;
    private final boolean higherIsBetter;
    private int evaluations;

    Scripted(boolean higherIsBetter, List<Double> values) {
      this.higherIsBetter = higherIsBetter;
      this.values = values;
    }

    @Override
    public String name() {
      return "score";
    }

    @Override
    public boolean higherIsBetter() {
      return higherIsBetter;
    }

    @Override
    public void reset() {
      evaluations++;
    }

    @Override
    public void update(LossValue value, Batch batch) {}

    @Override
    public double value() {
      return values.get(evaluations - 1);
    }
  }

  private static Trainer trainer(TinyRun.Net model, int epochs) {
    return new Trainer(
        model,
        TinyRun.adamW(model),
        TinyRun.clouds(),
        new CrossEntropy(),
        TrainingConfiguration.ofEpochs(epochs).with(t -> t.monitor = "score"));
  }

  static Stream<Arguments> scores() {
    return Stream.of(
        // Patience 2, minimum change 0.1: small gains do not count, a large one starts afresh.
        Arguments.of(true, List.of(0.5, 0.55, 0.7, 0.75, 0.65), 0.7),
        Arguments.of(false, List.of(0.7, 0.65, 0.5, 0.45, 0.55), 0.5),
        Arguments.of(true, List.of(0.1, 0.3, NAN, NAN), 0.3),
        Arguments.of(true, List.of(NAN, 0.3, 0.3, 0.3), 0.3),
        Arguments.of(true, List.of(NAN, NAN), NAN));
  }

  @ParameterizedTest(name = "higher is better: {0}, {1}")
  @MethodSource("scores")
  void givenAMetricThatNoLongerImproves_whenPatienceEnds_thenTheRunStopsAndSaysWhy(
      boolean higherIsBetter, List<Double> scores, double best) throws IOException {
    try (RunDirectory directory = RunDirectory.create(folder.resolve("run"))) {
      TrainingResult result =
          trainer(TinyRun.net(), 10)
              .evaluate(TinyRun.clouds(1, 8, 8), new Scripted(higherIsBetter, scores))
              .callback("stopping", new EarlyStopping("score", 2, 0.1))
              .runDirectory(directory)
              .run();

      assertThat(result.outcome()).isEqualTo(Outcome.STOPPED_EARLY);
      assertThat(result.reason())
          .isEqualTo("score has not become better than " + best + " for 2 evaluations");
      assertThat(result.epochs()).isEqualTo(scores.size());
      assertThat(result.steps()).isEqualTo(10L * scores.size());
      assertThat(directory.newestCheckpoint().orElseThrow().getFileName())
          .hasToString("step-%09d.safetensors".formatted(10 * scores.size()));
    }
  }

  @Test
  void givenAMetricThatImproves_whenTheModelIsTrained_thenAllEpochsRun() {
    TrainingResult result =
        trainer(TinyRun.net(), 4)
            .evaluate(TinyRun.clouds(1, 8, 8), new Scripted(true, List.of(0.1, 0.2, 0.2, 0.3)))
            .callback("stopping", new EarlyStopping("score", 2, 0))
            .run();
    assertThat(result.outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(result.epochs()).isEqualTo(4);
  }

  @Test
  void givenAMetricThatIsNotEvaluated_whenTheRunBegins_thenTheErrorNamesTheNearest() {
    Trainer trainer =
        trainer(TinyRun.net(), 4)
            .evaluate(TinyRun.clouds(1, 8, 8), new Scripted(true, List.of(0.1)))
            .callback("stopping", new EarlyStopping("scores", 2, 0));
    assertThatThrownBy(trainer::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'scores'")
        .hasMessageContaining("score");
  }

  @Test
  void givenAStopFromAnotherThread_whenTheModelIsTrained_thenItIsSavedAndTheRunResumes()
      throws IOException {
    String whole = whole();
    Path path = folder.resolve("run");
    long stopped;
    try (RunDirectory directory = RunDirectory.create(path)) {
      TinyRun.Net model = TinyRun.net();
      Trainer trainer = trainer(model, 2).runDirectory(directory);
      Thread interruption = new Thread(trainer::requestStop);
      trainer.callback(
          "interruption",
          new Callback() {
            @Override
            public void beforeStep(TrainingContext context) {
              if (context.step() == 13) {
                interruption.start();
                join(interruption);
              }
            }
          });

      TrainingResult result = trainer.run();

      stopped = result.steps();
      assertThat(result.outcome()).isEqualTo(Outcome.INTERRUPTED);
      assertThat(stopped).as("the step that had begun is finished").isEqualTo(14);
      assertThat(result.epochs()).isEqualTo(1);
      assertThat(directory.newestCheckpoint().orElseThrow().getFileName())
          .hasToString("step-000000014.safetensors");
    }
    try (RunDirectory directory = RunDirectory.resume(path)) {
      TinyRun.Net model = TinyRun.net();
      Trainer trainer = trainer(model, 2).callback("interruption", new Callback() {});
      trainer.runDirectory(directory);
      assertThat(trainer.resume()).contains(stopped);
      TrainingResult result = trainer.run();
      assertThat(result.outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(result.steps()).isEqualTo(20);
      assertThat(TinyRun.bits(model.stateDict())).hasToString(whole);
    }
  }

  private static String whole() {
    TinyRun.Net model = TinyRun.net();
    trainer(model, 2).run();
    return TinyRun.bits(model.stateDict()).toString();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void givenAStopBeforeTheRun_whenItRuns_thenNoStepIsMade() throws IOException {
    try (RunDirectory directory = RunDirectory.create(folder.resolve("run"))) {
      TinyRun.Net model = TinyRun.net();
      String before = TinyRun.bits(model.stateDict()).toString();
      Trainer trainer = trainer(model, 2).runDirectory(directory);
      trainer.requestStop();

      TrainingResult result = trainer.run();

      assertThat(result.outcome()).isEqualTo(Outcome.INTERRUPTED);
      assertThat(result.steps()).isZero();
      assertThat(TinyRun.bits(model.stateDict())).hasToString(before);
      assertThat(directory.newestCheckpoint()).isEmpty();
    }
  }
}
