package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Training with libtorch's autocast to bfloat16, whose numbers have 8 significant bits. */
@Tag("once")
class PrecisionTest {
  private static final int STEPS = 12;

  private Module model;

  private Trainer trainer(Precision precision) {
    Seeds.set(2);
    model =
        Models.create(
            "resnet8",
            ModelOptions.none().with(o -> o.classes = 10).with(o -> o.inputChannels = 1));
    Batch batch = new Batch(torch.randn(8, 1, 28, 28), torch.randint(10, new long[] {8}));
    return new Trainer(
        model,
        TinyRun.sgd(model),
        ComputedBatches.of(Collections.nCopies(STEPS, batch)),
        new CrossEntropy(),
        TrainingConfiguration.ofEpochs(1).with(t -> t.precision = precision));
  }

  private List<Double> losses(Precision precision) {
    List<Double> losses = new ArrayList<>();
    trainer(precision)
        .callback(
            "losses",
            new Callback() {
              @Override
              public void afterStep(TrainingContext context) {
                losses.add(context.loss());
              }
            })
        .run();
    return losses;
  }

  @Test
  void givenBfloat16_whenANetworkIsTrained_thenItsLossesStayNearThoseOfFloat32() {
    List<Double> single = losses(Precision.FLOAT32);
    List<Double> half = losses(Precision.BFLOAT16);

    assertThat(half).hasSize(STEPS).isNotEqualTo(single);
    assertThat(single.get(STEPS - 1)).as("the network learns").isLessThan(0.5 * single.get(0));
    for (int step = 0; step < STEPS; step++) {
      // Copies of old weights in autocast's cache would keep the loss where it began.
      assertThat(half.get(step)).as("step " + step).isCloseTo(single.get(step), within(0.1));
    }
    assertThat(half.get(0)).isCloseTo(single.get(0), within(0.01));
    model
        .namedParameters()
        .forEach(
            (name, p) ->
                assertThat(p.tensor().scalar_type().intern()).as(name).isEqualTo(ScalarType.Float));
    assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isFalse();
  }

  @Test
  void givenBfloat16_whenTheLossFails_thenAutocastIsSwitchedOff() {
    Trainer trainer =
        trainer(Precision.BFLOAT16)
            .penalty(
                "fault",
                m -> {
                  assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isTrue();
                  return torch.ones(1).mul(new Scalar(Double.NaN));
                });
    assertThatThrownBy(trainer::run).isInstanceOf(DivergenceException.class);
    assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isFalse();
  }
}
