package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class IterativeFreezingTest {
  static final IterativeFreezingConfiguration EAGER =
      new IterativeFreezingConfiguration(0.5, 0.4, 0.1, 4);

  @Test
  void givenAFreezingRun_whenItEnds_thenHeldIntegersStayedAndTheModelIsRightWithoutTheCallback() {
    Module model = QuantizedRun.model(QuantizedRun.LSQ);
    IterativeFreezing freezing = new IterativeFreezing(EAGER);
    Map<String, Tensor> masks = new LinkedHashMap<>();
    Map<String, Tensor> held = new LinkedHashMap<>();
    long[] counts = new long[2];
    Callback witness =
        new Callback() {
          @Override
          public void afterStep(TrainingContext context) {
            Map<String, QuantizedWeight> all = QuantizedWeight.of(context.model());
            masks.forEach(
                (n, mask) -> {
                  Tensor now = all.get(n).quantize().integers();
                  counts[0] += mask.sum().item_long();
                  counts[1] += now.ne(held.get(n)).logical_and(mask).sum().item_long();
                });
            TensorGroups.of(freezing.state().tensors())
                .forEach(
                    (n, parts) -> {
                      if (parts.containsKey("mask")) {
                        masks.put(n, Scope.keep(parts.get("mask").ne(new Scalar(0))));
                        held.put(n, Scope.keep(parts.get("integers").clone()));
                      }
                    });
          }
        };
    Tensor[] output = new Tensor[1];
    QuantizedRun.trainer(model, QuantizedRun::adamW)
        .callback("freezing", freezing)
        .callback("witness", witness)
        .callback(
            "output",
            new Callback() {
              @Override
              public void afterEpoch(TrainingContext context) {
                output[0] = Scope.keep(output(context.model()));
              }
            })
        .run();

    assertThat(freezing.frozenShare()).isBetween(1e-6, 1.0);
    assertThat(counts[0]).isPositive();
    assertThat(counts[1]).isZero();
    assertThat(masks.keySet()).isNotEmpty().doesNotContain("head.weight");
    Module loaded = QuantizedRun.model(QuantizedRun.LSQ);
    loaded.loadStateDict(model.stateDict());
    assertThat(output(loaded).equal(output[0])).isTrue();
    assertThat(output(new ConvertQuantization().apply(loaded)).equal(output[0])).isTrue();
  }

  private static Tensor output(Module model) {
    boolean training = model.isTraining();
    model.eval();
    Tensor output =
        Scope.computeWithoutGradient(() -> model.forward(QuantizedRun.batch(7, 7).inputs()));
    model.train(training);
    return output;
  }

  @Test
  void givenAFrozenLsq_whenItIsUnfrozen_thenIntegersFollowTheWeightAgain() {
    Lsq quantizer = new Lsq(2, Slice.OUTPUT_CHANNEL, Signedness.SIGNED);
    Tensor weight = torch.tensor(new float[] {-1, -0.4f, 0.4f, 1}).reshape(1, 4);
    Tensor own = quantizer.forward(weight);
    Tensor all = torch.ones_like(weight).gt(new Scalar(0));
    for (int level : new int[] {-2, 1}) {
      quantizer.freeze(all, torch.zeros_like(weight).add(new Scalar(level)));
      assertThat(quantizer.quantize(weight).integers().eq(new Scalar(level)).all().item_bool())
          .isTrue();
    }
    quantizer.unfreeze();
    quantizer.unfreeze();
    assertThat(quantizer.forward(weight).equal(own)).isTrue();
  }
}
