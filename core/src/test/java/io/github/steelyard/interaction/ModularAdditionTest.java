package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.models.ModularAdditionTransformer;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class ModularAdditionTest {
  @Test
  void givenASeed_whenTheSumsAreSplit_thenEachIsInOnePartAndTheSplitRepeats() {
    ModularAddition data = ModularAddition.of(7, 0.3, 4);
    Batch training = data.training().epoch(0, 0).next();
    Batch test = data.test().epoch(0, 0).next();

    assertThat(training.size()).isEqualTo(14);
    assertThat(test.size()).isEqualTo(49 - 14);
    Set<Long> seen = new HashSet<>();
    for (Batch batch : new Batch[] {training, test}) {
      for (int i = 0; i < batch.size(); i++) {
        long a = batch.inputs().select(0, i).select(0, 0).item_long();
        long b = batch.inputs().select(0, i).select(0, 1).item_long();
        assertThat(batch.inputs().select(0, i).select(0, 2).item_long()).isEqualTo(7);
        assertThat(batch.targets().select(0, i).item_long()).isEqualTo((a + b) % 7);
        seen.add(7 * a + b);
      }
    }
    assertThat(seen).hasSize(49);
    Tensor again = ModularAddition.of(7, 0.3, 4).training().epoch(0, 0).next().inputs();
    assertThat(again.equal(training.inputs())).isTrue();
    assertThat(again.equal(ModularAddition.of(7, 0.3, 5).training().epoch(0, 0).next().inputs()))
        .isFalse();
    assertThatThrownBy(() -> ModularAddition.of(1, 0.3, 0)).hasMessageContaining("1");
    assertThatThrownBy(() -> ModularAddition.of(7, 1, 0)).hasMessageContaining("1.0");
  }

  @Test
  void givenAFewSteps_whenTheTransformerIsTrained_thenItLearnsTheSumsItSees() {
    Seeds.set(1);
    ModularAdditionTransformer model = new ModularAdditionTransformer(7, 16, 2, 32);
    Batch batch = ModularAddition.of(7, 0.6, 1).training().epoch(0, 0).next();
    AdamW optimizer = new AdamW(ParameterGroup.of(model, 0.01, 0), AdamWConfiguration.defaults());
    double[] losses = new double[60];
    for (int step = 0; step < losses.length; step++) {
      losses[step] =
          Scope.compute(
              () -> {
                optimizer.zeroGrad();
                Tensor loss =
                    torch.cross_entropy_loss(model.forward(batch.inputs()), batch.targets());
                loss.backward();
                optimizer.step();
                return loss.item_double();
              });
    }
    assertThat(losses[59]).isLessThan(0.3 * losses[0]);
  }
}
