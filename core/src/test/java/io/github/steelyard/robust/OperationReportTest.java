package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class OperationReportTest {
  @Test
  void givenANetworkWithZeros_whenItIsCounted_thenEachWeightCountsAtEachPositionOfTheOutput() {
    Module model = Models.create("conv_small", ModelOptions.none());
    Scope.withoutGradient(() -> LayerWeights.of(model).get("conv2").tensor().select(0, 0).zero_());

    OperationReport counted = OperationReport.of(model, torch.rand(3, 1, 28, 28));

    double conv1 = 2.0 * 16 * 16 * 14 * 14;
    double conv2 = 2.0 * 32 * 16 * 16 * 7 * 7;
    assertThat(counted.all()).isEqualTo(conv1 + conv2 + 2.0 * (100 * 1568 + 10 * 100));
    assertThat(counted.all() - counted.left()).isEqualTo(conv2 / 32);
  }
}
