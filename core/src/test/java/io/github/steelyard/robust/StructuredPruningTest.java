package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.MaxPool2d;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class StructuredPruningTest {
  @BeforeEach
  void seed() {
    Seeds.set(2);
  }

  private static Parameter weight(Module model, String path) {
    return LayerWeights.of(model).get(path);
  }

  private static Tensor logits(Module model, Tensor inputs) {
    return Scope.computeWithoutGradient(() -> model.forward(inputs));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "resnet8"})
  void givenFiltersOfZeros_whenTheyAreRemoved_thenTheSmallerModelComputesTheSame(String name) {
    Module model = Models.create(name, ModelOptions.none());
    model.eval();
    Tensor inputs = torch.rand(3, 1, 28, 28);
    String producer = name.equals("mlp") ? "fc1" : "layer2.0.conv1";
    Parameter weight = weight(model, producer);
    long filters = weight.shape()[0];
    Scope.withoutGradient(
        () -> {
          weight.tensor().narrow(0, 0, filters / 2).zero_();
          if (name.equals("mlp")) {
            model.namedParameters().get("fc1.bias").tensor().narrow(0, 0, filters / 2).zero_();
          }
        });
    Tensor expected = logits(model, inputs);
    long before = Models.countParameters(model);

    new StructuredPruning(new StructuredPruningConfiguration(0.5, List.of(producer))).apply(model);

    assertThat(weight(model, producer).shape()[0]).isEqualTo(filters - filters / 2);
    assertThat(Models.countParameters(model)).isLessThan(before);
    double difference = logits(model, inputs).sub(expected).abs().max().item_double();
    assertThat(difference).isLessThan(1e-4);
    assertThat(model.isTraining()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet8", "resnet50"})
  void givenAResidualNetwork_whenFiltersAreRemoved_thenItsStateLoadsIntoAFreshOneAfterFit(
      String name) {
    ModelOptions options =
        ModelOptions.none().with(o -> o.inputChannels = 1).with(o -> o.classes = 4);
    Module model = Models.create(name, options);
    Tensor generator = Seeds.generatorState();

    new StructuredPruning(StructuredPruningConfiguration.of(0.5)).apply(model);

    assertThat(torch.equal(generator, Seeds.generatorState())).isTrue();
    model.eval();
    Tensor inputs = torch.rand(2, 1, 40, 40);
    Tensor expected = logits(model, inputs);
    assertThat(expected.isfinite().all().item_bool()).isTrue();
    Module fresh = Models.create(name, options);
    ChannelRemoval.fit(fresh, model.stateDict());
    fresh.loadStateDict(model.stateDict());
    fresh.eval();
    assertThat(torch.equal(logits(fresh, inputs), expected)).isTrue();
    assertThat(Models.countParameters(fresh)).isEqualTo(Models.countParameters(model));
  }

  @Test
  void givenASequentialNetwork_whenFiltersAreRemoved_thenFlattenedInputsGoWithThem() {
    Sequential model =
        new Sequential(
            new Conv2d(Conv2dConfiguration.of(1, 4, 3).withPadding(1)),
            new BatchNorm2d(4),
            new ReLU(),
            new MaxPool2d(2, 2, 0),
            new Flatten(),
            new Linear(4 * 9, 3));
    model.eval();
    Scope.withoutGradient(
        () -> {
          weight(model, "0").tensor().narrow(0, 1, 2).zero_();
          model.namedParameters().get("0.bias").tensor().zero_();
        });
    Tensor inputs = torch.randn(2, 1, 6, 6);
    Tensor expected = logits(model, inputs);

    new StructuredPruning(StructuredPruningConfiguration.of(0.5)).apply(model);

    assertThat(weight(model, "5").shape()).containsExactly(3, 18);
    assertThat(logits(model, inputs).sub(expected).abs().max().item_double()).isLessThan(1e-5);
  }

  @Test
  void givenAModelWithoutInnerFilters_whenFiltersAreRemoved_thenItIsRefused() {
    Module one = new Sequential(new Linear(4, 3));
    assertThatThrownBy(
            () -> new StructuredPruning(StructuredPruningConfiguration.of(0.5)).apply(one))
        .hasMessageContaining("only one other layer sees");
    Module tiny = new Sequential(new Linear(4, 1), new Linear(1, 3));
    assertThatThrownBy(
            () -> new StructuredPruning(StructuredPruningConfiguration.of(0.9)).apply(tiny))
        .hasMessageContaining("'0' would lose all its 1 filters");
    Module masked =
        new MagnitudePruning(PruningConfiguration.global(0.5))
            .apply(new Sequential(new Linear(10, 20), new Linear(20, 5)));
    assertThatThrownBy(
            () -> new StructuredPruning(StructuredPruningConfiguration.of(0.5)).apply(masked))
        .hasMessageContaining("materialize");
  }
}
