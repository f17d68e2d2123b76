package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TargetTest {
  private static final InputDomain PLAIN = InputDomain.plain(0, 1);

  private final Counting model = new Counting();
  private Target target;

  /** Counts its forward passes. */
  private static final class Counting extends Module {
    private final Linear layer = new Linear(3, 4);
    private int passes;

    @Override
    public Tensor forward(Tensor input) {
      passes++;
      return layer.forward(input);
    }
  }

  @BeforeEach
  void aTargetOfSixSamples() {
    Seeds.set(5);
    Batch batch =
        new Batch(
            torch.rand(6, 3),
            torch.arange(new Scalar(6.0)).remainder(new Scalar(4.0)).to(ScalarType.Long));
    target = new Target(model, batch, new ThreatModel(0.1, PLAIN), Draws.shared());
  }

  @Test
  void givenClassesToAimAt_whenEachIsRanked_thenTheCleanLogitsAreComputedOnce() {
    assertThat(target.targetClasses(9)).isEqualTo(3);
    Target part = target.select(torch.tensor(1L, 4L));
    Tensor whole = torch.stack(ranks(target), 1);
    Tensor some = torch.stack(ranks(part), 1);

    assertThat(model.passes).isOne();
    Tensor order = model.layer.forward(target.inputs(target.none())).argsort(1, true);
    assertThat(whole.equal(order)).isTrue();
    assertThat(some.equal(order.index_select(0, torch.tensor(1L, 4L)))).isTrue();
  }

  private static TensorVector ranks(Target of) {
    return new TensorVector(of.ranked(0), of.ranked(1), of.ranked(2), of.ranked(3));
  }

  @Test
  void givenLogitsThatWereReleased_whenTheyAreAskedForAgain_thenTheyAreComputedAgain() {
    Scope.run(() -> assertThat(target.classes()).isEqualTo(4));

    assertThat(target.ranked(3).numel()).isEqualTo(6);
    assertThat(target.select(torch.tensor(0L)).classes()).isEqualTo(4);
    assertThat(model.passes).isEqualTo(2);
  }
}
