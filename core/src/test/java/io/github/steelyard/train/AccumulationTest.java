package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.robust.AdversarialConfiguration;
import io.github.steelyard.robust.AdversarialLoss;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccumulationTest {
  /** One weight, whose gradient is the mean of the inputs. */
  private static final class Weight extends Module {
    private final Parameter weight = parameter("weight", torch.zeros(1));

    @Override
    public Tensor forward(Tensor input) {
      return input.mul(weight.value());
    }
  }

  /** Batches of constant inputs: {@code 3x1} is three samples of 1. */
  private static TrainingResult train(Weight model, String batches, double penalty) {
    List<Batch> all =
        List.of(batches.split(" ")).stream()
            .map(text -> text.split("x"))
            .map(
                text -> {
                  long samples = Long.parseLong(text[0]);
                  Tensor inputs = torch.ones(samples, 1);
                  inputs.fill_(new Scalar(Double.parseDouble(text[1])));
                  return new Batch(inputs, torch.zeros(samples));
                })
            .toList();
    Trainer trainer =
        new Trainer(
            model,
            new SGD(ParameterGroup.of(model, 1, 0), SGDConfiguration.defaults()),
            new ComputedBatches(all.size(), (epoch, number) -> all.get(Math.toIntExact(number))),
            (m, batch) -> {
              Tensor output = m.forward(batch.inputs());
              return new LossValue(output.mean(), output);
            },
            TrainingConfiguration.ofEpochs(1).with(t -> t.accumulation = all.size()));
    if (penalty != 0) {
      trainer.penalty(
          "sum", m -> m.namedParameters().get("weight").value().sum().mul(new Scalar(penalty)));
    }
    return trainer.run();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"3x1 1x3", "4x1.5", "2x1 2x2", "1x1 1x1 2x2", "1x3 3x1", "1x1 3x1 2x2.25"})
  void givenBatchesOfAnySizes_whenTheyMakeOneStep_thenEachSampleCountsAlike(String batches) {
    Weight model = new Weight();

    TrainingResult result = train(model, batches, 0.25);

    double mean = batches.contains("2.25") ? 8.5 / 6 : 1.5;
    assertThat(model.stateDict().get("weight").item_double())
        .as("minus the mean of all samples, and the penalty once")
        .isCloseTo(-mean - 0.25, within(1e-6));
    assertThat(result.loss()).as("at a weight of zero").isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"3x1 1x3", "1x3 3x1", "2x1 2x2"})
  void givenBatchesOfAnySizes_whenTheyMakeOneStep_thenItsLossIsTheMeanOverSamples(String batches) {
    Weight model = new Weight();
    model.loadStateDict(Map.of("weight", torch.ones(1)));

    assertThat(train(model, batches, 0).loss()).isCloseTo(1.5, within(1e-6));
  }

  /** A linear classifier whose gradients show each sample's share. */
  private static final class Classifier extends Module {
    private final Parameter weight = parameter("weight", random(1, FEATURES, CLASSES));

    @Override
    public Tensor forward(Tensor input) {
      return input.matmul(weight.value());
    }
  }

  private static final int FEATURES = 6;
  private static final int CLASSES = 3;
  private static final int SAMPLES = 10;

  private static Tensor random(long seed, long... shape) {
    Seeds.set(seed);
    return torch.randn(shape);
  }

  private static Stream<Arguments> weighted() {
    CrossEntropy base = new CrossEntropy(0.1).withClassWeights(List.of(0.2, 1.0, 5.0));
    Classifier teacher = new Classifier();
    teacher.loadStateDict(Map.of("weight", random(2, FEATURES, CLASSES)));
    AdversarialLoss trades =
        new AdversarialLoss(
            AdversarialConfiguration.of(AdversarialConfiguration.Kind.TRADES, 0.1),
            InputDomain.of(Normalization.none(1)),
            base);
    Loss fixed =
        (model, batch) -> trades.trades(model, batch, batch.inputs().add(new Scalar(0.05)));
    return Stream.of(
        Arguments.of("cross-entropy", base, false),
        Arguments.of("cross-entropy of probabilities", base, true),
        Arguments.of(
            "soft distillation",
            new Distillation(base, teacher, DistillationConfiguration.soft()),
            false),
        Arguments.of(
            "hard distillation",
            new Distillation(base, teacher, DistillationConfiguration.hard()),
            false),
        Arguments.of(
            "distillation of probabilities",
            new Distillation(base, teacher, DistillationConfiguration.soft()),
            true),
        Arguments.of("TRADES", fixed, false));
  }

  /** One step with all samples, in batches of so many. */
  private static Tensor step(Loss loss, boolean soft, List<Integer> sizes) {
    Classifier model = new Classifier();
    Tensor inputs = random(3, SAMPLES, FEATURES);
    Tensor labels = torch.tensor(new long[] {0, 0, 0, 0, 0, 1, 2, 0, 1, 2});
    Tensor targets = soft ? torch.softmax(random(4, SAMPLES, CLASSES), 1) : labels;
    List<Batch> batches = new ArrayList<>();
    int first = 0;
    for (int size : sizes) {
      batches.add(new Batch(inputs.narrow(0, first, size), targets.narrow(0, first, size)));
      first += size;
    }
    new Trainer(
            model,
            new SGD(ParameterGroup.of(model, 1, 0), SGDConfiguration.defaults()),
            new ComputedBatches(
                batches.size(), (epoch, number) -> batches.get(Math.toIntExact(number))),
            loss,
            TrainingConfiguration.ofEpochs(1).with(t -> t.accumulation = batches.size()))
        .run();
    return model.stateDict().get("weight").detach().clone();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("weighted")
  void givenClassWeights_whenSeveralBatchesMakeOneStep_thenItIsThatOfOneLargeBatch(
      String name, Loss loss, boolean soft) {
    Tensor whole = step(loss, soft, List.of(10));

    for (List<Integer> sizes : List.of(List.of(5, 5), List.of(4, 5, 1), List.of(1, 1, 8))) {
      assertThat(step(loss, soft, sizes).sub(whole).abs().max().item_double())
          .as("%s in %s", name, sizes)
          .isLessThan(2e-6);
    }
    Tensor alike = step(new CrossEntropy(0.1), soft, List.of(10));
    assertThat(whole.sub(alike).abs().max().item_double()).as("weights count").isGreaterThan(0.01);
  }

  @Test
  void givenClassWeights_whenAnEpochIsLogged_thenItsLossIsTheWeightedMeanOverAllSamples() {
    CrossEntropy loss = new CrossEntropy().withClassWeights(List.of(0.2, 1.0, 5.0));
    Classifier model = new Classifier();
    Tensor inputs = random(3, SAMPLES, FEATURES);
    Tensor labels = torch.tensor(new long[] {0, 0, 0, 0, 0, 1, 2, 0, 1, 2});
    Batch all = new Batch(inputs, labels);
    MeanLoss mean = new MeanLoss();
    for (int first = 0; first < SAMPLES; first += 4) {
      int size = Math.min(4, SAMPLES - first);
      Batch batch = new Batch(inputs.narrow(0, first, size), labels.narrow(0, first, size));
      mean.update(loss.compute(model, batch), batch);
    }

    assertThat(mean.value()).isCloseTo(loss.compute(model, all).loss().item_double(), within(1e-6));
  }
}
