package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.Batch;
import io.github.steelyard.io.EventRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRecordsTest {
  @TempDir Path folder;

  private static Trainer trainer(TinyRun.Net model, RunDirectory run) {
    return new Trainer(
            model,
            TinyRun.adamW(model),
            TinyRun.clouds(),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(2))
        .evaluate(TinyRun.clouds(1, 8, 8))
        .runDirectory(run);
  }

  @Test
  void givenHistogramsOfARun_whenItsEventFileIsReadBack_thenEachWeightHasOneAnEpoch()
      throws IOException {
    TinyRun.Net model = TinyRun.net();
    try (RunDirectory run = RunDirectory.create(folder.resolve("run"))) {
      trainer(model, run).callback("histograms", new WeightHistograms(10)).run();

      assertThat(EventRecords.histograms(run.events()))
          .containsExactly(
              "weights/fc1.weight@10=128",
              "weights/fc2.weight@10=48",
              "weights/fc1.weight@20=128",
              "weights/fc2.weight@20=48");
    }
  }

  @Test
  void givenValuesThatAreNotFinite_whenTheyAreLogged_thenTensorBoardShowsThemAndJsonHasNull()
      throws IOException {
    TinyRun.Net model = TinyRun.net();
    try (RunDirectory run = RunDirectory.create(folder.resolve("run"))) {
      trainer(model, run)
          .callback(
              "values",
              new Callback() {
                @Override
                public void afterRun(TrainingContext context, TrainingResult result) {
                  context.log(
                      "measured",
                      Map.of("a", Double.NaN, "b", Map.of("c", Double.NEGATIVE_INFINITY)));
                }
              })
          .run();

      assertThat(EventRecords.scalars(run.events()))
          .contains("measured/a@20=NaN", "measured/b/c@20=-Infinity");
      List<String> lines = Files.readAllLines(run.metrics());
      assertThat(lines.get(lines.size() - 1)).contains("\"a\":null").contains("{\"c\":null}");
    }
  }

  @Test
  void givenAnEpochsLines_whenTheyAreRead_thenEpochsCountFromOneAsInTheResults()
      throws IOException {
    TinyRun.Net model = TinyRun.net();
    try (RunDirectory run = RunDirectory.create(folder.resolve("run"))) {
      TrainingResult result = trainer(model, run).run();

      List<String> epochs =
          Files.readAllLines(run.metrics()).stream()
              .filter(line -> line.contains("\"event\":\"epoch\""))
              .toList();
      assertThat(epochs).hasSize(2);
      assertThat(epochs.get(0)).contains("\"step\":10,\"epoch\":1,");
      assertThat(epochs.get(1)).contains("\"step\":20,\"epoch\":2,");
      assertThat(result.epochs()).isEqualTo(2);
      assertThat(result.best().orElseThrow())
          .isEqualTo(new TrainingResult.Best("loss", result.best().orElseThrow().value(), 2, 20));
    }
  }

  @Test
  void givenLogitsThatAreNoNumbers_whenTheyAreMeasured_thenTheMetricsAreNoNumbersEither() {
    Tensor logits = torch.zeros(2, 3);
    logits.select(0, 1).fill_(new Scalar(Double.NaN));
    Batch batch = new Batch(torch.zeros(2, 1), torch.tensor(new long[] {0, 0}));
    for (Metric metric : List.of(new MeanLoss(), new Accuracy(), new ConfusionMatrix())) {
      metric.update(new LossValue(new CrossEntropy().of(logits, batch), logits), batch);
      assertThat(metric.value()).as(metric.name()).isNaN();
      metric.reset();
      Tensor infinite = torch.zeros(2, 3);
      infinite.select(1, 0).fill_(new Scalar(Double.POSITIVE_INFINITY));
      metric.update(new LossValue(torch.zeros(1), infinite), batch);
      assertThat(metric.value()).as(metric.name()).isEqualTo(metric instanceof MeanLoss ? 0 : 1);
    }
  }
}
