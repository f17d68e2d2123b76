package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("once")
class AttackTest {
  private static final InputDomain GREY = InputDomain.plain(0, 1);

  @BeforeEach
  void seed() {
    Seeds.set(5);
  }

  static Stream<Attack> attacks() {
    return Stream.of(
        new Fgsm(),
        Pgd.of(10).withStarts(2),
        Pgd.carliniWagner(10),
        new Apgd(Apgd.Kind.CROSS_ENTROPY, 15, 2),
        new Apgd(Apgd.Kind.DLR, 15, 1),
        new Apgd(Apgd.Kind.TARGETED, 15, 3),
        new Fab(Fab.Kind.UNTARGETED, 15, 1),
        new Fab(Fab.Kind.TARGETED, 15, 3),
        Square.of(60));
  }

  /** What the best possible change within the budget makes of the margin of two classes. */
  private static Tensor worstMargin(Linear model, Batch batch, double epsilon) {
    Tensor rows = model.weight().tensor().detach();
    Tensor sign = batch.targets().mul(new Scalar(2)).sub(new Scalar(1)).unsqueeze(1);
    Tensor direction = rows.select(0, 1).sub(rows.select(0, 0)).unsqueeze(0).mul(sign);
    Tensor x = batch.inputs();
    Tensor low = x.sub(new Scalar(epsilon)).clamp_min(new Scalar(0.0));
    Tensor high = x.add(new Scalar(epsilon)).clamp_max(new Scalar(1.0));
    Tensor worst = direction.mul(low).minimum(direction.mul(high)).sum(1);
    Tensor bias = model.bias().orElseThrow().tensor().detach();
    return worst.add(bias.select(0, 1).sub(bias.select(0, 0)).mul(sign.squeeze(1)));
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void givenALinearModelOfTwoClasses_whenItIsAttacked_thenTheExactOptimumIsFound(Attack attack) {
    if (attack instanceof Apgd apgd && apgd.kind() != Apgd.Kind.CROSS_ENTROPY) {
      assertThatThrownBy(
              () ->
                  attack.run(
                      new Linear(6, 2), Samples.random(64, 2, 6), new ThreatModel(0.1, GREY), 1))
          .hasMessageContaining("classes")
          .hasMessageContaining("use APGD-");
      return;
    }
    Linear model = new Linear(6, 2);
    Batch batch = Samples.random(400, 2, 6);
    double epsilon = 0.15;
    Tensor optimum = worstMargin(model, batch, epsilon).lt(new Scalar(0.0));

    Tensor broken = attack.run(model, batch, new ThreatModel(epsilon, GREY), 3).broken();

    long possible = optimum.sum().item_long();
    Tensor clean = worstMargin(model, batch, 0).lt(new Scalar(0.0));
    assertThat(possible).isGreaterThan(clean.sum().item_long() + 20);
    assertThat(broken.logical_and(optimum.logical_not()).any().item_bool()).isFalse();
    if (attack.usesGradients()) {
      assertThat(torch.equal(broken, optimum)).isTrue();
    } else {
      assertThat(broken.sum().item_long()).isGreaterThan(clean.sum().item_long());
    }
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void givenATrainedModel_whenItIsAttacked_thenTheBudgetIsKeptAndSamplesBreak(Attack attack) {
    Module model = QuarterClassifier.trained();
    Batch batch = Samples.quarters(96, 4, QuarterClassifier.DOMAIN);
    double epsilon = 0.12;
    Tensor logits = evaluated(model, batch.inputs());
    Tensor wrong =
        logits.argmax(new org.bytedeco.pytorch.LongOptional(1), false).ne(batch.targets());

    AttackResult result =
        attack.run(model, batch, new ThreatModel(epsilon, QuarterClassifier.DOMAIN), 9);

    Tensor change =
        QuarterClassifier.DOMAIN
            .seen(result.inputs())
            .sub(QuarterClassifier.DOMAIN.seen(batch.inputs()))
            .abs();
    assertThat(change.max().item_double()).isBetween(epsilon / 2, epsilon + 1e-5);
    Tensor seen = QuarterClassifier.DOMAIN.seen(result.inputs());
    assertThat(seen.min().item_double()).isGreaterThan(-1e-5);
    assertThat(seen.max().item_double()).isLessThan(1 + 1e-5);
    Tensor now =
        evaluated(model, result.inputs())
            .argmax(new org.bytedeco.pytorch.LongOptional(1), false)
            .ne(batch.targets());
    assertThat(torch.equal(now, result.broken())).isTrue();
    // A few queries of a black box need not find anything; the linear model shows that it can.
    long least = wrong.sum().item_long() + (attack.usesGradients() ? 6 : 0);
    assertThat(result.broken().sum().item_long()).isGreaterThanOrEqualTo(least);
    assertThat(wrong.logical_and(result.broken().logical_not()).any().item_bool()).isFalse();
  }

  private static Tensor evaluated(Module model, Tensor inputs) {
    model.eval();
    Tensor logits = Scope.computeWithoutGradient(() -> model.forward(inputs));
    model.train();
    return logits;
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void givenASeed_whenAnAttackRunsTwice_thenItIsTheSameAndDisturbsNothing(Attack attack) {
    Module model = QuarterClassifier.trained();
    Batch batch = Samples.quarters(24, 4, QuarterClassifier.DOMAIN);
    ThreatModel threat = new ThreatModel(0.1, QuarterClassifier.DOMAIN);
    Map<String, Tensor> before = new LinkedHashMap<>();
    model.stateDict().forEach((name, tensor) -> before.put(name, tensor.detach().clone()));
    Tensor generator = Seeds.generatorState();

    Tensor first = attack.run(model, batch, threat, 7).inputs();
    Tensor second = attack.run(model, batch, threat, 7).inputs();

    assertThat(torch.equal(first, second)).isTrue();
    assertThat(torch.equal(generator, Seeds.generatorState())).isTrue();
    assertThat(model.isTraining()).isTrue();
    model
        .stateDict()
        .forEach((name, tensor) -> assertThat(torch.equal(tensor, before.get(name))).isTrue());
    for (Parameter parameter : model.namedParameters().values()) {
      boolean clean =
          !parameter.grad().defined() || parameter.grad().abs().sum().item_double() == 0;
      assertThat(clean).isTrue();
    }
  }

  private static final class Detached extends Module {
    @Override
    public Tensor forward(Tensor input) {
      return input.detach();
    }
  }

  @Test
  void givenAModelWithoutGradient_whenItIsAttacked_thenTheErrorSaysWhatToUse() {
    Batch batch = Samples.random(8, 5, 5);
    batch.targets().copy_(batch.inputs().argmax(new org.bytedeco.pytorch.LongOptional(1), false));

    assertThatThrownBy(() -> Pgd.of(2).run(new Detached(), batch, new ThreatModel(0.1, GREY), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no gradient with respect to its input")
        .hasMessageContaining("Square");
    assertThat(
            Square.of(50)
                .run(new Detached(), batch, new ThreatModel(0.5, GREY), 0)
                .broken()
                .sum()
                .item_long())
        .isPositive();
  }

  @Test
  void givenAnEpsilonOutOfRange_whenAThreatIsMade_thenItIsRefusedWithTheUnit() {
    assertThatThrownBy(() -> new ThreatModel(8, GREY))
        .hasMessageContaining("epsilon must be from 0 to 1.0")
        .hasMessageContaining("8.0 of 255 grey levels are 0.0314");
    assertThatThrownBy(() -> new ThreatModel(-0.1, GREY)).hasMessageContaining("-0.1");
    assertThatThrownBy(() -> new ThreatModel(Double.NaN, GREY)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> InputDomain.plain(1, 1)).hasMessageContaining("range");
    assertThatThrownBy(
            () ->
                Pgd.of(1)
                    .run(
                        QuarterClassifier.untrained(),
                        Samples.random(2, 4, 1, 8, 8),
                        new ThreatModel(
                            0.1, InputDomain.of(io.github.steelyard.data.Normalization.CIFAR10)),
                        0))
        .hasMessageContaining("3 channels")
        .hasMessageContaining("[2, 1, 8, 8]");
    assertThatThrownBy(() -> Protocol.of("standart")).hasMessageContaining("'standard'");
  }

  @Test
  void givenTheSquareAttack_whenQueriesPass_thenTheSquareShrinksAsPublished() {
    Square square = Square.of(10_000);

    assertThat(square.share(10)).isEqualTo(0.8);
    assertThat(square.share(11)).isEqualTo(0.4);
    assertThat(square.share(201)).isEqualTo(0.1);
    assertThat(square.share(8001)).isCloseTo(0.8 / 512, within(1e-12));
    assertThat(Square.of(1000).share(2)).isEqualTo(0.4);
  }

  @Test
  void givenLogits_whenLossesAreTaken_thenTheyFollowTheirFormulas() {
    Tensor logits = torch.tensor(3f, 1f, 2f, -1f, 0f, 4f, 1f, 0f).reshape(2, 4);
    Tensor labels = torch.tensor(0L, 2L);

    assertThat(values(AttackLoss.MARGIN.of(logits, labels))).containsExactly(-1, 3);
    assertThat(values(AttackLoss.DLR.of(logits, labels)))
        .usingComparatorWithPrecision(1e-6)
        .containsExactly(-0.5, 0.75);
    assertThat(values(AttackLoss.targetedDlr(logits, labels, torch.tensor(1L, 1L))))
        .usingComparatorWithPrecision(1e-6)
        .containsExactly(-2 / 3.0, 0.75);
  }

  private static double[] values(Tensor tensor) {
    double[] values = new double[(int) tensor.numel()];
    for (int i = 0; i < values.length; i++) {
      values[i] = tensor.select(0, i).item_double();
    }
    return values;
  }
}
