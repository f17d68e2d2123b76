package io.github.steelyard.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class ScaleInvarianceTest {
  @Test
  void givenAResidualNetwork_whenItIsSearched_thenEveryConvolutionBeforeANormalizationIsFound() {
    Seeds.set(0);
    Module model = Models.create("resnet8", ModelOptions.none());

    Set<String> found = find(model, 8, 1, 28, 28);

    assertThat(found)
        .containsExactlyElementsOf(
            model.namedParameters().keySet().stream()
                .filter(name -> name.contains("conv") && name.endsWith("weight"))
                .toList())
        .isNotEmpty();
  }

  @Test
  void givenANetworkWithoutNormalization_whenItIsSearched_thenNothingIsFound() {
    Seeds.set(0);
    Module model = Models.create("mlp", ModelOptions.none().with(o -> o.dropout = 0.5));

    assertThat(find(model, 8, 1, 28, 28)).isEmpty();
  }

  @Test
  void givenAModelInAMode_whenItIsSearched_thenWeightsStatisticsModeAndGeneratorStay() {
    Seeds.set(0);
    Module model = Models.create("resnet8", ModelOptions.none());
    model.eval();
    Map<String, Tensor> before = new LinkedHashMap<>();
    model.stateDict().forEach((name, tensor) -> before.put(name, tensor.detach().clone()));
    Tensor generator = Seeds.generatorState();

    find(model, 8, 1, 28, 28);

    assertThat(model.stateDict())
        .allSatisfy((name, tensor) -> assertThat(tensor.equal(before.get(name))).isTrue());
    assertThat(model.namedModules().values()).noneMatch(Module::isTraining);
    assertThat(Seeds.generatorState().equal(generator)).isTrue();
  }

  private static Set<String> find(Module model, long... shape) {
    Tensor generator = Seeds.generatorState();
    Tensor inputs = Scope.compute(() -> torch.randn(shape));
    Seeds.restoreGenerator(generator);
    return ScaleInvariance.find(model, inputs);
  }
}
