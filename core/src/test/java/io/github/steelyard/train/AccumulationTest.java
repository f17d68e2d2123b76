package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
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
}
