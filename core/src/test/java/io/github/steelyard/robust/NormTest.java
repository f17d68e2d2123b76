package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.stream.Stream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("once")
class NormTest {
  private static final InputDomain GREY = InputDomain.plain(0, 1);
  private static final InputDomain WIDE = InputDomain.plain(-100, 100);

  @BeforeEach
  void seed() {
    Seeds.set(5);
  }

  static Stream<Attack> attacks() {
    return AttackTest.attacks();
  }

  @Test
  void givenAGradient_whenItIsFollowed_thenEachNormHasItsOwnDirectionAndSize() {
    Tensor gradient = torch.tensor(3f, -4f, 0f, 0f).reshape(2, 1, 2);

    assertThat(values(Norm.LINF.steepest(gradient))).containsExactly(1, -1, 0, 0);
    assertThat(values(Norm.L2.steepest(gradient)))
        .containsExactly(new double[] {0.6, -0.8, 0, 0}, within(1e-6));
    assertThat(values(Norm.LINF.of(gradient))).containsExactly(4, 0);
    assertThat(values(Norm.LINF.dual(gradient))).containsExactly(7, 0);
    assertThat(values(Norm.L2.of(gradient))).containsExactly(5, 0);
    assertThat(values(Norm.L2.dual(gradient))).containsExactly(5, 0);
  }

  private static double[] values(Tensor tensor) {
    Tensor flat = tensor.flatten();
    double[] values = new double[(int) flat.numel()];
    for (int i = 0; i < values.length; i++) {
      values[i] = flat.select(0, i).item_double();
    }
    return values;
  }

  @Test
  void givenAChangeOutsideTheBall_whenItIsClipped_thenItIsScaledAndThenCutToTheRange() {
    Batch batch = new Batch(torch.tensor(0.5f, 0.9f).reshape(1, 2), torch.tensor(0L));
    Target target =
        new Target(new Linear(2, 2), batch, new ThreatModel(Norm.L2, 0.5, GREY), Draws.shared());

    // (3, 4) of length 5 becomes (0.3, 0.4), and 0.9 + 0.4 is cut to 1.
    assertThat(values(target.clip(torch.tensor(3f, 4f).reshape(1, 2))))
        .containsExactly(new double[] {0.3, 0.1}, within(1e-6));
    Tensor inside = torch.tensor(0.1f, -0.2f).reshape(1, 2);
    assertThat(torch.equal(target.clip(inside), inside)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void givenALinearModelOfTwoClasses_whenItIsAttackedInL2_thenTheExactOptimumIsFound(
      Attack attack) {
    if (attack.leastClasses() > 2) {
      return;
    }
    Linear model = new Linear(6, 2);
    Batch batch = Samples.random(400, 2, 6);
    double epsilon = 0.25;
    Tensor rows = model.weight().tensor().detach();
    Tensor sign = batch.targets().mul(new Scalar(2)).sub(new Scalar(1));
    Tensor margin =
        Scope.computeWithoutGradient(
            () -> {
              Tensor logits = model.forward(batch.inputs());
              return logits.select(1, 1).sub(logits.select(1, 0)).mul(sign);
            });
    double length = rows.select(0, 1).sub(rows.select(0, 0)).square().sum().sqrt().item_double();
    Tensor possible = margin.lt(new Scalar(epsilon * length));
    Tensor near = margin.sub(new Scalar(epsilon * length)).abs().lt(new Scalar(1e-5));

    Tensor broken = attack.run(model, batch, new ThreatModel(Norm.L2, epsilon, WIDE), 3).broken();

    assertThat(count(possible)).isGreaterThan(count(margin.lt(new Scalar(0.0))) + 20);
    assertThat(count(broken.logical_and(possible.logical_not()).logical_and(near.logical_not())))
        .isZero();
    if (attack.usesGradients()) {
      // PGD's fixed steps come near the optimum on a sphere, but not onto it.
      assertThat(count(broken.ne(possible).logical_and(near.logical_not())))
          .isLessThanOrEqualTo(attack instanceof Pgd ? 3 : 0);
    } else {
      assertThat(count(broken)).isGreaterThan(count(margin.lt(new Scalar(0.0))));
    }
  }

  private static long count(Tensor mask) {
    return mask.sum().item_long();
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void givenATrainedModel_whenItIsAttackedInL2_thenTheBallAndTheRangeAreKept(Attack attack) {
    Module model = QuarterClassifier.trained();
    Batch batch = Samples.quarters(96, 4, QuarterClassifier.DOMAIN);
    double epsilon = 1.2;
    model.eval();
    Tensor wrong =
        Scope.computeWithoutGradient(
            () ->
                model
                    .forward(batch.inputs())
                    .argmax(new LongOptional(1), false)
                    .ne(batch.targets()));

    AttackResult result =
        attack.run(model, batch, new ThreatModel(Norm.L2, epsilon, QuarterClassifier.DOMAIN), 9);

    Tensor seen = QuarterClassifier.DOMAIN.seen(result.inputs());
    Tensor change = seen.sub(QuarterClassifier.DOMAIN.seen(batch.inputs()));
    double largest = Norm.L2.of(change).max().item_double();
    assertThat(largest).isBetween(epsilon / 3, epsilon + 1e-5);
    assertThat(seen.min().item_double()).isGreaterThan(-1e-5);
    assertThat(seen.max().item_double()).isLessThan(1 + 1e-5);
    assertThat(count(wrong.logical_and(result.broken().logical_not()))).isZero();
    long least = count(wrong) + (attack.usesGradients() ? 6 : 0);
    assertThat(count(result.broken())).isGreaterThanOrEqualTo(least);
  }

  @Test
  void givenRandomChanges_whenTheyAreDrawn_thenTheyFillTheBall() {
    Batch batch =
        new Batch(
            torch.full(new long[] {2000, 3}, new Scalar(0.5)),
            torch.zeros(2000).to(torch.ScalarType.Long));
    ThreatModel threat = new ThreatModel(Norm.L2, 0.4, GREY);
    Draws draws = Draws.perSample(1, Pgd.of(1), 0, 2000);
    Target target = new Target(new Linear(3, 2), batch, threat, draws);

    Tensor radius = Norm.L2.of(target.random());
    Tensor border = Norm.L2.of(target.border());

    // Of a ball in three dimensions an eighth is within half of the radius.
    double within = count(radius.lt(new Scalar(0.2))) / 2000.0;
    assertThat(within).isCloseTo(0.125, within(0.03));
    assertThat(radius.max().item_double()).isLessThanOrEqualTo(0.4 + 1e-6);
    assertThat(border.sub(new Scalar(0.4)).abs().max().item_double()).isLessThan(1e-6);
  }

  @Test
  void givenNamesAndSizes_whenTheyAreRead_thenFractionsAreUnderstoodAndMistakesNamed() {
    assertThat(Norm.parse("L2")).isEqualTo(Norm.L2);
    assertThat(Norm.parse("linf")).isEqualTo(Norm.LINF);
    assertThatThrownBy(() -> Norm.parse("l1"))
        .hasMessageContaining("'l1'")
        .hasMessageContaining("linf and l2");
    assertThat(ThreatModel.parseEpsilon("8/255")).isEqualTo(8 / 255.0);
    assertThat(ThreatModel.parseEpsilon(" 0.5 ")).isEqualTo(0.5);
    assertThat(ThreatModel.parseEpsilon("1 / 4")).isEqualTo(0.25);
    for (String wrong : new String[] {"8/0", "8/", "1/2/3", "eight", "-1/4", "", "NaN"}) {
      assertThatThrownBy(() -> ThreatModel.parseEpsilon(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("8/255")
          .hasMessageContaining("'" + wrong + "'");
    }
    assertThat(new ThreatModel(Norm.L2, 5, GREY).epsilon()).isEqualTo(5);
    assertThatThrownBy(() -> new ThreatModel(Norm.L2, -1, GREY)).hasMessageContaining("-1");
  }
}
