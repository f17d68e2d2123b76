package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.TrainingResult.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LongerRunTest {
  @TempDir Path folder;

  private record Setting(int epochs, double rate, double decay, int patience) {}

  private TrainingResult train(TinyRun.Net model, Setting setting) throws IOException {
    try (RunDirectory run =
        Files.exists(folder.resolve("metrics.jsonl"))
            ? RunDirectory.resume(folder)
            : RunDirectory.create(folder)) {
      SGD optimizer =
          new SGD(
              ParameterGroup.of(model, setting.rate, setting.decay), SGDConfiguration.defaults());
      Trainer trainer =
          new Trainer(
                  model,
                  optimizer,
                  TinyRun.clouds(4, 8, 7),
                  new CrossEntropy(),
                  TrainingConfiguration.ofEpochs(setting.epochs))
              .evaluate(TinyRun.clouds(1, 8, 8))
              .callback("stopping", new EarlyStopping("loss", setting.patience, 0))
              .runDirectory(run);
      trainer.resume();
      TrainingResult result = trainer.run();
      assertThat(optimizer.groups().get(0).learningRate()).isEqualTo(setting.rate);
      assertThat(optimizer.groups().get(0).weightDecay()).isEqualTo(setting.decay);
      return result;
    }
  }

  @Test
  void givenARunThatPatienceEnded_whenItIsResumed_thenItMakesNoFurtherStep() throws IOException {
    // At rate 0 only batch statistics move the loss; a first evaluation counts, then one is worse.
    Setting still = new Setting(20, 0, 0, 1);
    TrainingResult first = train(TinyRun.net(), still);
    assertThat(first.outcome()).isEqualTo(Outcome.STOPPED_EARLY);
    for (int i = 0; i < 2; i++) {
      TrainingResult again = train(TinyRun.net(), still);
      assertThat(again.steps()).isEqualTo(first.steps());
      assertThat(again.outcome()).isEqualTo(Outcome.STOPPED_EARLY);
      assertThat(again.reason()).isEqualTo(first.reason());
    }
    TrainingResult patient = train(TinyRun.net(), new Setting(20, 0, 0, 3));
    assertThat(patient.steps()).isGreaterThan(first.steps());
  }

  @Test
  void givenAFinishedRun_whenItIsResumedWithMoreEpochs_thenItEndsInTheBitsOfALongerRun()
      throws IOException {
    TinyRun.Net whole = TinyRun.net();
    new Trainer(
            whole,
            new SGD(ParameterGroup.of(whole, 0.05, 0.001), SGDConfiguration.defaults()),
            TinyRun.clouds(4, 8, 7),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(3))
        .run();

    assertThat(train(TinyRun.net(), new Setting(2, 0.05, 0.001, 99)).epochs()).isEqualTo(2);
    TinyRun.Net longer = TinyRun.net();
    TrainingResult result = train(longer, new Setting(3, 0.05, 0.001, 99));

    assertThat(result.outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(result.steps()).isEqualTo(12);
    assertThat(TinyRun.bits(longer.stateDict())).isEqualTo(TinyRun.bits(whole.stateDict()));
  }

  @Test
  void givenAFinishedRun_whenItIsResumedAtAnotherRate_thenThatRateHolds() throws IOException {
    train(TinyRun.net(), new Setting(1, 0.05, 0.001, 99));
    TinyRun.Net model = TinyRun.net();
    Map<String, String> before;
    try (RunDirectory run = RunDirectory.open(folder)) {
      Map<String, Tensor> saved =
          Checkpoint.readPart(run.newestCheckpoint().orElseThrow(), "model").tensors();
      before = TinyRun.bits(saved);
    }
    train(model, new Setting(2, 0, 0.5, 99)); // checks the rates that the optimizer had
    Map<String, String> after = TinyRun.bits(model.stateDict());
    assertThat(after).containsEntry("fc1.weight", before.get("fc1.weight"));
    assertThat(after.get("bn.running_mean")).isNotEqualTo(before.get("bn.running_mean"));
  }

  @Test
  void givenAnAverageThatIsMonitored_whenItsBestCheckpointIsRead_thenTheWeightsAreThoseScored()
      throws IOException {
    for (String kind : new String[] {"model", "average", "published"}) {
      TinyRun.Net model = TinyRun.net();
      WeightAverage average =
          kind.equals("published")
              ? WeightAverage.published(model, 0.9)
              : new WeightAverage(model, 0.9, false);
      String monitor = kind.equals("model") ? "loss" : "average.loss";
      try (RunDirectory run = RunDirectory.create(folder.resolve(kind))) {
        Evaluator evaluator = new Evaluator(TinyRun.clouds(1, 32, 8), List.of(new Accuracy()));
        TrainingResult result =
            new Trainer(
                    model,
                    TinyRun.adamW(model),
                    TinyRun.clouds(4, 8, 7),
                    new CrossEntropy(),
                    TrainingConfiguration.ofEpochs(3).with(t -> t.monitor = monitor))
                .evaluate(evaluator)
                .average(average)
                .runDirectory(run)
                .run();
        Path best = run.bestCheckpoint().orElseThrow();
        assertThat(Checkpoint.scoredPart(best)).isEqualTo(kind.equals("model") ? kind : "average");
        TinyRun.Net loaded = TinyRun.net();
        loaded.loadStateDict(Checkpoint.readScored(best));
        assertThat(evaluator.evaluate(loaded, Device.CPU).get("loss"))
            .as(kind)
            .isEqualTo(result.best().orElseThrow().value());
      }
    }
  }
}
