package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.LossValue;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScaleTrackingTest {
  @TempDir Path folder;

  @BeforeAll
  static void start() {
    Seeds.set(4);
  }

  private static Lsq tokens() {
    return new Lsq(2, Slice.TOKEN, Signedness.SIGNED);
  }

  @Test
  void givenASliceOfZeros_whenItGivesTheFirstScale_thenThatIsTheSmallestAndTheOthersTheirMean() {
    Tensor x = torch.ones(1, 3, 4);
    x.select(1, 1).zero_();
    Lsq quantizer = tokens();

    quantizer.forward(x);

    Tensor scale = quantizer.scale().tensor();
    assertThat(scale.get(0).item_float()).isEqualTo(2f);
    assertThat(scale.get(1).item_float()).isEqualTo(1e-5f);
    assertThat(scale.get(2).item_float()).isEqualTo(2f);
  }

  @Test
  void givenScalesThatLearningPushedBelowZero_whenTheNextPassTrains_thenTheyAreBackAndOthersStay() {
    Tensor x = torch.randn(2, 3, 4);
    Lsq quantizer = tokens();
    quantizer.forward(x);
    Tensor scale = quantizer.scale().tensor();
    float kept = scale.get(2).item_float();
    scale.set_requires_grad(false);
    scale.get(0).fill_(new Scalar(-0.5));
    scale.get(1).fill_(new Scalar(0.0));
    scale.set_requires_grad(true);

    quantizer.eval();
    Tensor evaluated = quantizer.forward(x).detach();
    assertThat(scale.get(0).item_float()).as("evaluation changes nothing").isEqualTo(-0.5f);
    quantizer.train();
    Tensor trained = quantizer.forward(x).detach();

    assertThat(torch.equal(trained, evaluated)).isTrue();
    assertThat(scale.get(0).item_float()).isEqualTo(1e-5f);
    assertThat(scale.get(1).item_float()).isEqualTo(1e-5f);
    assertThat(scale.get(2).item_float()).isEqualTo(kept);
  }

  /** Pushes scales below zero after the last step of an epoch, as a large learning rate does. */
  private static final class Push implements Callback {
    @Override
    public void afterEpoch(TrainingContext context) {
      Tensor scale =
          context.model().namedParameters().get("1.input_quantizer.quantizer.scale").tensor();
      scale.set_data(scale.detach().sub(new Scalar(100.0)));
    }
  }

  @Test
  void givenScalesBelowZeroAtTheEnd_whenTheRunIsRead_thenTheyAreCountedNamedAndHeld()
      throws IOException {
    Module plain = new Sequential(new Linear(4, 4), new Linear(4, 4), new Linear(4, 4));
    Module model =
        new PrepareQuantization(
                QuantizationConfiguration.of(2, 2).withMethod("lsq"), torch.randn(8, 4))
            .apply(plain);
    ScaleTracking tracking = new ScaleTracking();
    try (RunDirectory run = RunDirectory.create(folder.resolve("run"))) {
      new Trainer(
              model,
              new SGD(ParameterGroup.of(model, 1e-3, 0), SGDConfiguration.defaults()),
              new ComputedBatches(
                  2, (epoch, number) -> new Batch(torch.randn(8, 4), torch.zeros(8))),
              (m, batch) -> {
                Tensor output = m.forward(batch.inputs());
                return new LossValue(output.square().mean(), output);
              },
              TrainingConfiguration.ofEpochs(1))
          .callback("push", new Push())
          .callback("scales", tracking)
          .runDirectory(run)
          .run();

      long held = model.namedParameters().get("1.input_quantizer.quantizer.scale").tensor().numel();
      assertThat(tracking.smallest()).isEqualTo(held);
      assertThat(tracking.warning().orElseThrow())
          .startsWith(held + " of ")
          .contains("most of them in 1.input_quantizer.quantizer (" + held + ")");
      List<String> lines = Files.readAllLines(run.metrics());
      assertThat(lines)
          .anyMatch(
              line ->
                  line.contains("\"event\":\"scales\"") && line.contains("\"smallest\":" + held));
      assertThat(
              model
                  .namedParameters()
                  .get("1.input_quantizer.quantizer.scale")
                  .tensor()
                  .min()
                  .item_float())
          .isEqualTo(1e-5f);
    }
  }
}
