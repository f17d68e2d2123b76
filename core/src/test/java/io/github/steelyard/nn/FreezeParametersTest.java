package io.github.steelyard.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class FreezeParametersTest {
  private static List<String> frozen(Module model) {
    return model.namedParameters().entrySet().stream()
        .filter(entry -> !entry.getValue().isTrainable())
        .map(Map.Entry::getKey)
        .toList();
  }

  @Test
  void givenPatternsOfPathsAndNames_whenFrozen_thenAllBelowAPathAndEachNameIs() {
    Module model = Models.create("resnet8", ModelOptions.none());

    new FreezeParameters(List.of("layer1", "bn1", "linear.bias")).apply(model);

    assertThat(frozen(model))
        .containsExactly(
            "bn1.weight",
            "bn1.bias",
            "layer1.0.conv1.weight",
            "layer1.0.bn1.weight",
            "layer1.0.bn1.bias",
            "layer1.0.conv2.weight",
            "layer1.0.bn2.weight",
            "layer1.0.bn2.bias",
            "linear.bias");
  }

  @Test
  void givenFrozenBatchNormalization_whenItTrains_thenItsStatisticsAreUsedAndStay() {
    Module model = Models.create("resnet8", ModelOptions.none());
    new FreezeParameters(List.of("bn1")).apply(model);
    BatchNorm2d held = (BatchNorm2d) model.getSubmodule("bn1");
    Tensor mean = held.runningMean().tensor().detach().clone();
    Tensor before = model.stateDict().get("layer1.0.bn1.running_mean").detach().clone();
    Tensor x = torch.randn(2, 16, 3, 3);

    model.train();
    model.forward(torch.randn(4, 1, 28, 28));
    Tensor trained = held.forward(x).detach();
    held.eval();
    Tensor evaluated = held.forward(x).detach();

    assertThat(torch.equal(trained, evaluated)).isTrue();
    assertThat(torch.equal(held.runningMean().tensor(), mean)).isTrue();
    assertThat(model.stateDict().get("bn1.num_batches_tracked").item_long()).isZero();
    assertThat(torch.equal(model.stateDict().get("layer1.0.bn1.running_mean"), before)).isFalse();
    FreezeParameters.setTrainable(model, model.namedParameters().values(), true);
    model.train();
    held.forward(x);
    assertThat(torch.equal(held.runningMean().tensor(), mean)).isFalse();
  }

  @Test
  void givenAPatternOfNothingOrOfAll_whenFrozen_thenItIsRefusedAndTheModelStays() {
    Module model = Models.create("resnet8", ModelOptions.none());
    assertThatThrownBy(() -> new FreezeParameters(List.of("bn1", "layr1")).apply(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("freezing 'layr1': there is no such part; did you mean 'layer1'?");
    assertThatThrownBy(() -> new FreezeParameters(List.of("*")).apply(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("would leave no parameter to train");
    assertThatThrownBy(() -> new FreezeParameters(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(frozen(model)).isEmpty();
  }
}
