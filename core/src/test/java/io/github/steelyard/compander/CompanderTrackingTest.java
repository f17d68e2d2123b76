package io.github.steelyard.compander;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.WeightHistograms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompanderTrackingTest {
  @TempDir Path folder;

  private static Trainer trainer(Module model, RunDirectory run) {
    new CompandWeights(
            CompanderConfiguration.of(Companding.defaults().withRatio(2).withLearned(true)))
        .apply(model);
    return new Trainer(
            model,
            Optimizers.create("adamp", ParameterGroup.of(model, 0.01, 0.05), Map.of()),
            SmallPerceptron.batches(5),
            new CrossEntropy(0),
            TrainingConfiguration.ofEpochs(3)
                .with(t -> t.seed = 2)
                .with(t -> t.logEvery = 1)
                .with(t -> t.monitor = "loss"))
        .evaluate(SmallPerceptron.batches(1))
        .callback("compander", new CompanderTracking(2))
        .callback("histograms", new WeightHistograms(20))
        .runDirectory(run);
  }

  @Test
  void givenARunThatIsStopped_whenItIsResumed_thenWeightsAAndBAndTheLogAreThoseOfAWholeRun()
      throws IOException {
    Module whole = SmallPerceptron.create();
    try (RunDirectory run = RunDirectory.create(folder.resolve("whole"))) {
      trainer(whole, run).run();
    }
    try (RunDirectory run = RunDirectory.create(folder.resolve("part"))) {
      Trainer trainer = trainer(SmallPerceptron.create(), run);
      trainer.callback("stop", new InterruptionAfter(7, trainer::requestStop)).run();
    }
    Module part = SmallPerceptron.create();
    try (RunDirectory run = RunDirectory.resume(folder.resolve("part"))) {
      Trainer trainer = trainer(part, run).callback("stop", new Callback() {});
      assertThat(trainer.resume()).contains(7L);
      trainer.run();
    }

    Map<String, Tensor> expected = new LinkedHashMap<>(whole.stateDict());
    assertThat(part.stateDict().keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, tensor) -> assertThat(part.stateDict().get(name).equal(tensor)).as(name).isTrue());
    assertThat(events("part", "compander")).isEqualTo(events("whole", "compander")).hasSize(8);
    List<String> histograms = events("whole", "histograms");
    assertThat(histograms).hasSize(2);
    assertThat(histograms.get(0)).contains("\"step\":0", "\"fc1.weight\"", "\"edges\"", "\"all\"");
    assertThat(events("part", "histograms")).containsSubsequence(histograms);
    assertThat(events("whole", "compander").get(0)).contains("\"fc1.weight\":{\"a\":");
  }

  private List<String> events(String run, String event) throws IOException {
    return Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl")).stream()
        .filter(line -> line.contains("\"event\":\"" + event + "\""))
        .toList();
  }

  @Test
  void givenAModelWithoutCompander_whenItIsTracked_thenItIsRefused() throws IOException {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompanderTracking(0))
        .withMessage("every must be at least 1 step, but is 0");
    Module plain = SmallPerceptron.create();
    Trainer trainer =
        new Trainer(
                plain,
                Optimizers.create("sgd", ParameterGroup.of(plain, 0.01, 0), Map.of()),
                SmallPerceptron.batches(1),
                new CrossEntropy(0),
                TrainingConfiguration.ofEpochs(1))
            .callback("compander", new CompanderTracking(1));

    assertThatIllegalArgumentException()
        .isThrownBy(trainer::run)
        .withMessageContaining("has no companded weight");
  }
}
