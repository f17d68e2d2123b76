package com.example.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.robust.Attack;
import io.github.steelyard.robust.Attacks;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.robust.Norm;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.robust.RobustnessEvaluation;
import io.github.steelyard.robust.RobustnessResult;
import io.github.steelyard.robust.ThreatModel;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An attack from outside the project is one file and one line. */
class UniformNoiseTest {
  @Test
  void givenAJarWithAnAttack_whenTheRegisterIsRead_thenItStandsBesideOurs() {
    assertThat(Attacks.get("uniform-noise")).isInstanceOf(UniformNoise.class);
    assertThat(Attacks.all())
        .extracting(Attack::name)
        .contains(
            "fgsm", "pgd-20", "cw", "apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t", "square");
    assertThatThrownBy(() -> Attacks.get("uniform-noize")).hasMessageContaining("uniform-noise");
  }

  @ParameterizedTest
  @EnumSource(Norm.class)
  void givenAProtocol_whenItNamesTheAttack_thenItRunsAsOursDo(Norm norm) {
    Seeds.set(1);
    Linear model = new Linear(12, 3);
    Tensor inputs = torch.rand(80, 12);
    Tensor labels =
        Scope.computeWithoutGradient(
            () -> model.forward(inputs).argmax(new LongOptional(1), false));
    Protocol protocol = Protocol.quick().only(List.of("uniform-noise", "pgd-20"));
    ThreatModel threat =
        new ThreatModel(norm, norm == Norm.L2 ? 0.4 : 0.15, InputDomain.plain(0, 1));

    RobustnessResult result =
        new RobustnessEvaluation(protocol, threat, 0)
            .evaluate(model, ComputedBatches.of(List.of(new Batch(inputs, labels))), Device.CPU);

    assertThat(result.cleanAccuracy()).isEqualTo(1);
    assertThat(result.accuracies().get("uniform-noise"))
        .isBetween(result.accuracies().get("pgd-20"), 1.0)
        .isLessThan(1);
    assertThat(result.protocol().describe())
        .contains("quick (changed)", "uniform-noise (10 draws)");
  }
}
