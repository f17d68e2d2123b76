package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.train.TrainingResult.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  @TempDir Path folder;

  @Test
  void givenASmallNetwork_whenItIsTrained_thenItLearnsAndLeavesARunFolder() throws Exception {
    TinyRun.Net model = TinyRun.net();
    try (RunDirectory run = RunDirectory.create(folder.resolve("run"))) {
      TrainingResult result =
          new Trainer(
                  model,
                  TinyRun.adamW(model),
                  TinyRun.clouds(),
                  new CrossEntropy(),
                  TrainingConfiguration.ofEpochs(5).with(t -> t.monitor = "accuracy"))
              .evaluate(TinyRun.clouds(5, 32, 8), new Accuracy(), new ConfusionMatrix())
              .average(new WeightAverage(model, 0.9, true))
              .runDirectory(run)
              .run();

      assertThat(result.outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(result.steps()).isEqualTo(50);
      assertThat(result.metrics())
          .containsOnlyKeys(
              "loss",
              "accuracy",
              "balanced_accuracy",
              "average.loss",
              "average.accuracy",
              "average.balanced_accuracy");
      assertThat(result.metrics().get("accuracy")).isGreaterThan(0.9);
      assertThat(result.best().orElseThrow().value()).isGreaterThan(0.9);
      assertThat(run.bestCheckpoint()).isPresent();
      assertThat(run.newestCheckpoint().orElseThrow().getFileName())
          .hasToString("step-000000050.safetensors");
      assertThat(Files.readAllLines(run.metrics())).hasSize(5 + 5 + 5);
      assertThat(Files.readString(run.results())).contains("\"outcome\" : \"COMPLETED\"");
    }
  }
}
