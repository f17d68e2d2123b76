package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class RobustnessEvaluationTest {
  @BeforeEach
  void seed() {
    Seeds.set(5);
  }

  @Test
  void givenNoBudget_whenAModelIsEvaluated_thenRobustAccuracyIsTheCleanOne() {
    Module model = QuarterClassifier.trained();
    Batch batch = Samples.quarters(64, 4, QuarterClassifier.DOMAIN);
    Protocol protocol = new Protocol("all", AttackTest.attacks().toList(), false);

    RobustnessResult result =
        new RobustnessEvaluation(protocol, new ThreatModel(0, QuarterClassifier.DOMAIN), 0)
            .evaluate(model, Samples.of(batch), Device.CPU);

    assertThat(result.worstCase()).isEqualTo(result.cleanAccuracy());
    assertThat(result.accuracies().values()).containsOnly(result.cleanAccuracy());
    assertThat(result.warnings()).isEmpty();
    Tensor same =
        Pgd.of(5).run(model, batch, new ThreatModel(0, QuarterClassifier.DOMAIN), 0).inputs();
    assertThat(torch.equal(same, batch.inputs())).isTrue();
  }

  @Test
  void givenSeveralAttacks_whenAModelIsEvaluated_thenTheWorstCaseIsPointWise() {
    Module model = QuarterClassifier.trained();
    BatchSource samples =
        Samples.of(
            Samples.quarters(48, 4, QuarterClassifier.DOMAIN),
            Samples.quarters(16, 4, QuarterClassifier.DOMAIN));
    ThreatModel threat = new ThreatModel(0.06, QuarterClassifier.DOMAIN);
    List<String> heard = new java.util.ArrayList<>();

    RobustnessResult alone =
        new RobustnessEvaluation(
                new Protocol("all", AttackTest.attacks().toList(), false), threat, 1)
            .evaluate(model, samples, Device.CPU, (a, b, n) -> heard.add(a + " " + b + "/" + n));
    RobustnessResult cascade =
        new RobustnessEvaluation(
                new Protocol("all", AttackTest.attacks().toList(), true), threat, 1)
            .evaluate(model, samples, Device.CPU);

    assertThat(alone.samples()).isEqualTo(64);
    assertThat(alone.accuracies().keySet())
        .containsExactly(
            "fgsm", "pgd-10", "cw", "apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t", "square");
    assertThat(alone.accuracies().values())
        .allSatisfy(a -> assertThat(a).isBetween(alone.worstCase(), alone.cleanAccuracy()));
    assertThat(heard).hasSize(18).contains("fgsm 0/2", "square 1/2");
    List<Double> falling = List.copyOf(cascade.accuracies().values());
    assertThat(falling).isSortedAccordingTo(java.util.Comparator.reverseOrder());
    assertThat(cascade.worstCase()).isEqualTo(falling.get(falling.size() - 1));
    assertThat(alone.protocol().describe()).contains("pgd-10 (10 steps of 0.25 epsilon, 2 random");
  }

  /** Rounds its input, so that its gradient is zero everywhere. */
  private static final class Rounding extends Module {
    private final Submodule layer;

    Rounding(Module layer) {
      this.layer = submodule("layer", layer);
    }

    @Override
    public Tensor forward(Tensor input) {
      return layer.forward(input.mul(new Scalar(20.0)).round().div(new Scalar(20.0)));
    }
  }

  @Test
  void givenAModelThatHidesItsGradient_whenItIsEvaluated_thenWarningsSaySo() {
    Module model = new Rounding(QuarterClassifier.trained());
    Batch batch = Samples.quarters(64, 4, QuarterClassifier.DOMAIN);
    Protocol protocol =
        new Protocol("both", List.of(new Fgsm(), Pgd.of(10), Square.of(300)), false);

    RobustnessResult result =
        new RobustnessEvaluation(protocol, new ThreatModel(0.1, QuarterClassifier.DOMAIN), 0)
            .evaluate(model, Samples.of(batch), Device.CPU);

    assertThat(result.accuracies().get("fgsm")).isEqualTo(result.cleanAccuracy());
    assertThat(result.worstCase()).isLessThan(result.cleanAccuracy());
    assertThat(result.warnings())
        .anySatisfy(w -> assertThat(w).contains("square breaks", "masked"))
        .anySatisfy(w -> assertThat(w).contains("gradient of exactly zero"))
        .anySatisfy(w -> assertThat(w).contains("every value may change"));
  }

  @Test
  void givenTheSamplesInOtherBatches_whenAModelIsEvaluated_thenTheNumbersAreTheSame() {
    Module model = QuarterClassifier.trained();
    Batch whole = Samples.quarters(60, 4, QuarterClassifier.DOMAIN);
    Protocol protocol = new Protocol("all", AttackTest.attacks().toList(), true);

    for (Norm norm : Norm.values()) {
      ThreatModel threat =
          new ThreatModel(norm, norm == Norm.L2 ? 1.2 : 0.12, QuarterClassifier.DOMAIN);
      RobustnessEvaluation evaluation = new RobustnessEvaluation(protocol, threat, 3);
      RobustnessResult one = evaluation.evaluate(model, Samples.of(whole), Device.CPU);
      RobustnessResult many =
          evaluation.evaluate(
              model,
              Samples.of(part(whole, 0, 7), part(whole, 7, 33), part(whole, 40, 20)),
              Device.CPU);

      assertThat(one.worstCase()).isLessThan(one.cleanAccuracy());
      assertThat(many.accuracies()).isEqualTo(one.accuracies());
    }
    for (Attack attack : AttackTest.attacks().toList()) {
      ThreatModel threat = new ThreatModel(0.05, QuarterClassifier.DOMAIN);
      Tensor all = attack.run(model, whole, threat, 3).inputs().narrow(0, 0, 20);
      Tensor some = attack.run(model, part(whole, 0, 20), threat, 3).inputs();
      assertThat(torch.allclose(all, some, 1e-4, 1e-4, false)).as(attack.name()).isTrue();
    }
  }

  private static Batch part(Batch batch, long start, long count) {
    return new Batch(
        batch.inputs().narrow(0, start, count), batch.targets().narrow(0, start, count));
  }

  @Test
  void givenTwoOrThreeClasses_whenTheStandardRuns_thenAttacksThatNeedMoreAreSkippedAndNamed() {
    for (long classes = 2; classes <= 3; classes++) {
      Module model = new Linear(6, classes);
      Batch batch = Samples.random(40, classes, 6);
      Protocol protocol =
          new Protocol(
              "few",
              List.of(
                  new Apgd(Apgd.Kind.CROSS_ENTROPY, 10, 1),
                  new Apgd(Apgd.Kind.DLR, 10, 1),
                  new Apgd(Apgd.Kind.TARGETED, 10, 9),
                  new Fab(Fab.Kind.TARGETED, 10, 9),
                  Square.of(50)),
              true);

      RobustnessResult result =
          new RobustnessEvaluation(protocol, new ThreatModel(0.1, InputDomain.plain(0, 1)), 0)
              .evaluate(model, Samples.of(batch), Device.CPU);

      assertThat(result.skipped()).containsKey("apgd-t");
      assertThat(result.skipped().containsKey("apgd-dlr")).isEqualTo(classes == 2);
      assertThat(result.accuracies())
          .containsKeys("apgd-ce", "fab-t", "square")
          .doesNotContainKey("apgd-t");
      assertThat(result.warnings())
          .contains("apgd-t was left out: it needs 4 classes, and the model has " + classes);
      assertThat(result.worstCase()).isLessThanOrEqualTo(result.accuracies().get("fab-t"));
    }
    Protocol hopeless = new Protocol("dlr", List.of(new Apgd(Apgd.Kind.DLR, 5, 1)), false);
    assertThatThrownBy(
            () ->
                new RobustnessEvaluation(hopeless, new ThreatModel(0.1, InputDomain.plain(0, 1)), 0)
                    .evaluate(new Linear(6, 2), Samples.of(Samples.random(4, 2, 6)), Device.CPU))
        .hasMessageContaining("apgd-dlr")
        .hasMessageContaining("needs 3 classes");
  }

  private static final class Probabilities extends Module {
    private final Submodule layer;

    Probabilities(Module layer) {
      this.layer = submodule("layer", layer);
    }

    @Override
    public Tensor forward(Tensor input) {
      return torch.softmax(layer.forward(input), 1);
    }
  }

  @Test
  void givenProbabilitiesForLogits_whenAModelIsEvaluated_thenAWarningSaysSo() {
    Batch batch = Samples.quarters(32, 4, QuarterClassifier.DOMAIN);
    Module model = QuarterClassifier.trained();
    RobustnessEvaluation evaluation =
        new RobustnessEvaluation(
            new Protocol("one", List.of(Pgd.of(3)), false),
            new ThreatModel(0.05, QuarterClassifier.DOMAIN),
            0);

    assertThat(
            evaluation.evaluate(new Probabilities(model), Samples.of(batch), Device.CPU).warnings())
        .anySatisfy(w -> assertThat(w).contains("probabilities, not logits"));
    assertThat(evaluation.evaluate(model, Samples.of(batch), Device.CPU).warnings()).isEmpty();
  }

  /** Adds noise to its input at each pass. */
  private static final class Noisy extends Module {
    private final Submodule layer;

    Noisy(Module layer) {
      this.layer = submodule("layer", layer);
    }

    @Override
    public Tensor forward(Tensor input) {
      return layer.forward(input.add(torch.randn_like(input).mul(new Scalar(0.5))));
    }
  }

  @Test
  void givenANetworkThatDrawsNumbers_whenItIsEvaluated_thenItIsRepeatableAndAveragingIsAdvised() {
    Module model = new Noisy(QuarterClassifier.trained());
    Batch batch = Samples.quarters(48, 4, QuarterClassifier.DOMAIN);
    ThreatModel threat = new ThreatModel(0.06, QuarterClassifier.DOMAIN);
    Tensor generator = Seeds.generatorState();
    Protocol single =
        new Protocol("single", List.of(new Apgd(Apgd.Kind.CROSS_ENTROPY, 10, 1)), true);
    Protocol averaged =
        new Protocol("averaged", List.of(new Apgd(Apgd.Kind.CROSS_ENTROPY, 10, 1, 8)), true);

    RobustnessResult first =
        new RobustnessEvaluation(single, threat, 4).evaluate(model, Samples.of(batch), Device.CPU);
    RobustnessResult again =
        new RobustnessEvaluation(single, threat, 4).evaluate(model, Samples.of(batch), Device.CPU);
    RobustnessResult stronger =
        new RobustnessEvaluation(averaged, threat, 4)
            .evaluate(model, Samples.of(batch), Device.CPU);

    assertThat(again).isEqualTo(first);
    assertThat(torch.equal(generator, Seeds.generatorState())).isTrue();
    assertThat(first.warnings())
        .anySatisfy(
            w -> assertThat(w).contains("draws random numbers", "apgd-ce", "protocol rand"));
    assertThat(stronger.warnings()).noneSatisfy(w -> assertThat(w).contains("random numbers"));
    assertThat(stronger.protocol().describe()).contains("gradients of 8 passes averaged");
  }

  @Test
  void givenASteadyNetwork_whenGradientsAreAveraged_thenTheyStayAsTheyAre() {
    Module model = QuarterClassifier.trained();
    model.eval();
    Batch batch = Samples.quarters(8, 4, QuarterClassifier.DOMAIN);
    ThreatModel threat = new ThreatModel(0.06, QuarterClassifier.DOMAIN);
    Target target = new Target(model, batch, threat, Draws.shared());

    List<Tensor> one = gradient(target);
    List<Tensor> four = gradient(target.averaged(4));

    for (int i = 0; i < one.size(); i++) {
      assertThat(torch.allclose(four.get(i), one.get(i))).isTrue();
    }
    Target noisy = new Target(new Noisy(model), batch, threat, Draws.shared());
    double single = gradient(noisy).get(1).sub(gradient(noisy).get(1)).abs().mean().item_double();
    double mean =
        gradient(noisy.averaged(64))
            .get(1)
            .sub(gradient(noisy.averaged(64)).get(1))
            .abs()
            .mean()
            .item_double();
    assertThat(mean).isLessThan(single / 3);
  }

  private static List<Tensor> gradient(Target target) {
    return target.gradient(
        target.none(), logits -> AttackLoss.CROSS_ENTROPY.of(logits, target.labels()));
  }

  @Test
  void givenTheStandard_whenItIsRead_thenItIsAutoAttacks() {
    assertThat(Protocol.standard().describe())
        .isEqualTo(
            "standard, each attack on what those before it left: apgd-ce (100 steps, 1 random"
                + " start), apgd-t (100 steps, 9 target classes), fab-t (100 steps, 9 target"
                + " classes), square (5000 queries, first square 0.8 of the image, halved at fixed"
                + " queries)");
    assertThat(Protocol.names())
        .containsExactly("standard", "plus", "rand", "individual", "worst-case", "quick");
    for (String name : Protocol.names()) {
      assertThat(Protocol.of(name).name()).isEqualTo(name);
    }
    assertThat(Protocol.rand().attacks()).allMatch(Attack::averages);
  }

  @Test
  void givenNamesOfAttacks_whenAProtocolIsCut_thenItsOwnComeFirstAndTheRegistersAfterIt() {
    Protocol part = Protocol.quick().only(List.of("square", "pgd-20"));
    Protocol other = Protocol.quick().only(List.of("fab-t", "fgsm"));

    assertThat(part.name()).isEqualTo("quick (part)");
    assertThat(part.attacks()).containsExactly(Square.of(200), Pgd.of(20));
    assertThat(other.name()).isEqualTo("quick (changed)");
    assertThat(other.attacks()).containsExactly(new Fab(Fab.Kind.TARGETED, 100, 9), new Fgsm());
    assertThat(Protocol.quick().only(List.of())).isEqualTo(Protocol.quick());
    assertThatThrownBy(() -> Protocol.quick().only(List.of("fab-tt")))
        .hasMessageContaining("'fab-tt'")
        .hasMessageContaining("fab-t");
  }
}
