package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
        .containsExactly("fgsm", "pgd-10", "cw-linf", "apgd-ce", "apgd-dlr", "apgd-t", "square");
    assertThat(alone.accuracies().values())
        .allSatisfy(a -> assertThat(a).isBetween(alone.worstCase(), alone.cleanAccuracy()));
    assertThat(heard).hasSize(14).contains("fgsm 0/2", "square 1/2");
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
}
