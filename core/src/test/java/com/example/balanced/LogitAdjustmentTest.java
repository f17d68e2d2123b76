package com.example.balanced;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.InMemoryDataset;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.Preprocessing;
import io.github.steelyard.incremental.IncrementalConfiguration;
import io.github.steelyard.incremental.IncrementalLearner;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.MemoryConfiguration;
import io.github.steelyard.incremental.Scenario;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.incremental.StreamData;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingConfiguration;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A strategy from outside, found by its name, learns a stream and goes on after a stop. */
class LogitAdjustmentTest {
  private static final int CLASSES = 4;

  @Test
  void givenSharesOfClasses_whenTheLossIsComputed_thenItIsThePapersFormula() {
    InMemoryDataset data = data(1, 6, 2, 0, 0);
    float[] priors = LogitAdjustment.priors(data, 2);
    assertThat(priors[0]).isCloseTo(0.75f, within(1e-6f));
    Seeds.set(1);
    Module model = new Linear(3, 2);
    Batch batch = new Batch(torch.randn(2, 3), torch.tensor(new long[] {1, 0}));

    double loss =
        Scope.compute(
            () ->
                new LogitAdjustment.AdjustedLoss(priors)
                    .compute(model, batch)
                    .loss()
                    .item_double());

    double expected =
        Scope.compute(
            () -> {
              Tensor o = model.forward(batch.inputs());
              double sum = 0;
              for (int i = 0; i < 2; i++) {
                double a = Math.exp(o.get(i).get(0).item_double()) * 0.75;
                double b = Math.exp(o.get(i).get(1).item_double()) * 0.25;
                sum -= Math.log((i == 0 ? b : a) / (a + b));
              }
              return sum / 2;
            });
    assertThat(loss).isCloseTo(expected, within(1e-6));
  }

  @Test
  void givenAStream_whenLearned_thenOldClassesAreKeptBetterThanByFineTuning() throws Exception {
    IncrementalResult adjusted = learner("logit_adjustment").run(stream(), scenario());
    IncrementalResult finetuned = learner("finetune").run(stream(), scenario());

    assertThat(adjusted.strategy()).isEqualTo("logit_adjustment");
    assertThat(adjusted.steps().get(1).exemplars()).isEqualTo(8);
    assertThat(adjusted.finalAccuracy())
        .isGreaterThan(0.8)
        .isGreaterThan(finetuned.finalAccuracy() + 0.2);
    assertThat(adjusted.by("nearest_mean").accuracies()).hasSize(2);
  }

  @Test
  void givenASavedLearner_whenResumed_thenTheNextStepEndsInTheSameBits(@TempDir Path folder)
      throws Exception {
    IncrementalLearner whole = learner("logit_adjustment");
    whole.run(stream(), scenario());

    List<String> first = scenario().steps().get(0);
    List<String> second = scenario().steps().get(1);
    try (RunDirectory directory = RunDirectory.create(folder.resolve("run"))) {
      learner("logit_adjustment").runDirectory(directory).learn(stream(), first);
    }
    IncrementalLearner resumed = learner("logit_adjustment");
    try (RunDirectory directory = RunDirectory.resume(folder.resolve("run"))) {
      assertThat(resumed.runDirectory(directory).resume()).isEqualTo(1);
      resumed.learn(stream(), second);
    }

    Map<String, Tensor> expected = whole.model().stateDict();
    resumed
        .model()
        .stateDict()
        .forEach((name, tensor) -> assertThat(tensor.equal(expected.get(name))).as(name).isTrue());
    assertThat(resumed.result().accuracyMatrix()).isEqualTo(whole.result().accuracyMatrix());
  }

  private static IncrementalLearner learner(String strategy) {
    return new IncrementalLearner(
        IncrementalConfiguration.of(
            Strategies.get(strategy),
            MemoryConfiguration.total(8),
            TrainingConfiguration.ofEpochs(6).with(t -> t.seed = 5)),
        classes ->
            Models.create(
                "mlp",
                ModelOptions.none()
                    .with(o -> o.imageSize = 4)
                    .with(o -> o.hidden = List.of(16))
                    .with(o -> o.classes = classes)),
        model -> Optimizers.create("adamw", ParameterGroup.of(model, 0.01, 0), Map.of()));
  }

  private static Scenario scenario() {
    return Scenario.of(stream().training(), List.of(2, 2));
  }

  private static StreamData stream() {
    Preprocessing plain = Preprocessing.of(new Normalization(List.of(0.5), List.of(0.25)));
    return new StreamData(
        data(1, 24, 24, 24, 24),
        data(2, 10, 10, 10, 10),
        plain,
        plain,
        new LoaderConfiguration(8, true, true, 0, 0, 1));
  }

  /** Images with one bright row, which says the class. */
  private static InMemoryDataset data(long seed, int... samples) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] labels =
        IntStream.range(0, CLASSES)
            .flatMap(k -> IntStream.generate(() -> k).limit(samples[k]))
            .toArray();
    byte[] pixels = new byte[16 * labels.length];
    for (int i = 0; i < pixels.length; i++) {
      int level = i % 16 / 4 == labels[i / 16] ? 150 : 40;
      pixels[i] = (byte) (level + random.nextInt(90));
    }
    List<String> names = IntStream.range(0, CLASSES).mapToObj(k -> "row " + k).toList();
    return new InMemoryDataset("rows", new ImageShape(1, 4, 4), pixels, labels, names);
  }
}
