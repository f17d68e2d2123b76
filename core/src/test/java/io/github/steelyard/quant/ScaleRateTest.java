package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Module;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScaleRateTest {
  private static final String LAYER = "blocks.1.mlp.fc1.weight";

  /** The scale of one row before and after each step. */
  private static final class Probe implements Callback {
    final List<Double> before = new ArrayList<>();
    final List<Double> after = new ArrayList<>();

    @Override
    public void beforeStep(TrainingContext context) {
      before.add(scale(context));
    }

    @Override
    public void afterStep(TrainingContext context) {
      after.add(scale(context));
    }

    private static double scale(TrainingContext context) {
      Lsq lsq = (Lsq) QuantizedWeight.of(context.model()).get(LAYER).quantizer();
      return lsq.scale().tensor().select(0, 0).item_double();
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25, 2})
  void givenARate_whenALayerLearns_thenItsScaleMovesByThatMultipleOfTheOptimizersStep(double rate) {
    Module model = QuantizedRun.model(QuantizedRun.LSQ);
    Tensor activation =
        model.namedParameters().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith("blocks.1.mlp.fc1.input"))
            .filter(entry -> entry.getKey().endsWith("scale"))
            .findFirst()
            .orElseThrow()
            .getValue()
            .tensor();
    Tensor first = activation.detach().clone();
    Probe optimizer = new Probe();
    Probe moved = new Probe();
    QuantizedRun.trainer(model, QuantizedRun::adamW)
        .callback("optimizer", optimizer)
        .callback("rate", new ScaleRate(rate))
        .callback("moved", moved)
        .run();

    for (int step = 0; step < QuantizedRun.STEPS; step++) {
      double before = moved.before.get(step);
      double whole = optimizer.after.get(step) - before;
      assertThat(whole).isNotZero();
      assertThat(moved.after.get(step) - before).isCloseTo(rate * whole, within(1e-6));
    }
    assertThat(activation.sub(first).abs().gt(new Scalar(1e-3)).any().item_bool()).isTrue();
  }

  @Test
  void givenNothingToScale_whenARateIsChosen_thenItIsRefused() {
    assertThatThrownBy(() -> new ScaleRate(-1)).hasMessageContaining("but is -1.0");
    assertThatThrownBy(() -> new ScaleRate(Double.NaN)).hasMessageContaining("NaN");
    Module plain = new ConvertQuantization().apply(QuantizedRun.model(QuantizedRun.LSQ));
    assertThatThrownBy(
            () ->
                QuantizedRun.trainer(plain, QuantizedRun::adamW)
                    .callback("rate", new ScaleRate(0.5))
                    .run())
        .hasMessageContaining("no weight of the model has a learned scale");
  }
}
