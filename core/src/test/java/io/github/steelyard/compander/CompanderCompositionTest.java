package io.github.steelyard.compander;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.incremental.GrowHead;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.OptimizerEntry;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.robust.MagnitudePruning;
import io.github.steelyard.robust.PruningConfiguration;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The compander together with what else acts on weights. */
@Tag("once")
class CompanderCompositionTest {
  private static final CompanderConfiguration LEARNED =
      CompanderConfiguration.of(Companding.defaults().withRatio(2).withLearned(true));

  static Stream<OptimizerEntry<?>> optimizers() {
    return Optimizers.all().stream();
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void givenAnyOptimizer_whenACompandedModelIsTrained_thenLossFallsAndAAndBMoveAndLimitsHold(
      OptimizerEntry<?> entry) {
    Module model = SmallPerceptron.create();
    new CompandWeights(LEARNED).apply(model);
    Optimizer optimizer =
        Optimizers.create(
            entry.name(),
            ParameterGroup.of(model, entry.name().startsWith("sgd") ? 0.1 : 0.01, 0.01),
            Map.of());
    WeightCompander first = WeightCompander.of(model).values().iterator().next();
    double a = first.a();
    double b = first.b();

    double before = SmallPerceptron.step(model, optimizer);
    double after = before;
    for (int i = 0; i < 60; i++) {
      after = SmallPerceptron.step(model, optimizer);
    }

    assertThat(after).isLessThan(0.8 * before);
    assertThat(first.a()).isPositive().isNotEqualTo(a);
    assertThat(first.b()).isPositive().isNotEqualTo(b);
    WeightCompander.of(model)
        .forEach(
            (name, compander) -> {
              Parameter weight =
                  ((Linear) model.getSubmodule(name.replace(".weight", ""))).weight();
              double largest =
                  Scope.computeWithoutGradient(() -> weight.value().abs().max().item_double());
              assertThat(largest).isLessThanOrEqualTo(1.000001 * compander.a() * Math.PI / 2);
            });
    Tensor companded = SmallPerceptron.logits(model);
    new MaterializeCompander().apply(model);
    assertThat(SmallPerceptron.logits(model).equal(companded)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"lsq", "statsq"})
  void givenAQuantizer_whenItIsPutOnCompandedWeights_thenItRoundsThemAndBothTrainAndConvert(
      String method) {
    Module model = SmallPerceptron.create();
    new CompandWeights(LEARNED).apply(model);
    QuantizationConfiguration configuration =
        new QuantizationConfiguration(
            new LayerBits(3, 8), method, false, new LayerBits(4, 8), List.of());

    Module prepared =
        new PrepareQuantization(configuration, SmallPerceptron.images(8)).apply(model);

    Map<String, QuantizedWeight> weights = QuantizedWeight.of(prepared);
    assertThat(weights).hasSize(3);
    assertThat(prepared.stateDict())
        .containsKeys(
            "fc1.parametrizations.weight.original", "fc1.parametrizations.weight.0.log_a");
    Optimizer optimizer =
        Optimizers.create("adamw", ParameterGroup.of(prepared, 0.01, 0), Map.of());
    double a = WeightCompander.of(prepared).get("fc1.weight").a();
    double before = SmallPerceptron.step(prepared, optimizer);
    double after = before;
    for (int i = 0; i < 40; i++) {
      after = SmallPerceptron.step(prepared, optimizer);
    }
    assertThat(after).isLessThan(before);
    assertThat(WeightCompander.of(prepared).get("fc1.weight").a()).isNotEqualTo(a);
    Scope.withoutGradient(
        () ->
            weights.forEach(
                (name, weight) -> {
                  WeightCompander compander = WeightCompander.of(prepared).get(name);
                  double largest = weight.latent().abs().max().item_double();
                  assertThat(largest).isLessThanOrEqualTo(1.000001 * compander.a() * Math.PI / 2);
                }));

    Tensor trained = SmallPerceptron.logits(prepared);
    new MaterializeCompander().apply(prepared);
    assertThat(SmallPerceptron.logits(prepared).equal(trained)).isTrue();
    assertThat(prepared.stateDict().keySet()).noneMatch(name -> name.contains("log_a"));
    Module converted = new ConvertQuantization().apply(prepared);
    assertThat(SmallPerceptron.logits(converted).equal(trained)).isTrue();
  }

  @Test
  void givenAQuantizedModel_whenItShallBeCompanded_thenTheRightOrderIsNamed() {
    Module prepared =
        new PrepareQuantization(QuantizationConfiguration.of(4, 8), SmallPerceptron.images(8))
            .apply(SmallPerceptron.create());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompandWeights(LEARNED).apply(prepared))
        .withMessageContaining("which has no inverse; compand the model first, then quantize");
  }

  @Test
  void
      givenACompandedModel_whenItIsPruned_thenMaskedWeightsStayZeroAndTheMaskOutlivesTheCompander() {
    Module model = SmallPerceptron.create();
    new CompandWeights(LEARNED).apply(model);
    new MagnitudePruning(PruningConfiguration.layerWise(0.5)).apply(model);
    Parameter weight = ((Linear) model.getSubmodule("fc1")).weight();
    Tensor stored = Scope.keep(weight.tensor().detach().clone());
    Tensor masked =
        Scope.computeWithoutGradient(
            () -> model.stateDict().get("fc1.parametrizations.weight.1.mask").logical_not());

    Optimizer optimizer = Optimizers.create("sgd", ParameterGroup.of(model, 0.1, 0), Map.of());
    for (int i = 0; i < 5; i++) {
      SmallPerceptron.step(model, optimizer);
    }

    Scope.withoutGradient(
        () -> {
          assertThat(masked.sum().item_long()).isEqualTo(weight.tensor().numel() / 2);
          assertThat(weight.value().masked_select(masked).abs().max().item_double()).isZero();
          assertThat(weight.tensor().masked_select(masked).equal(stored.masked_select(masked)))
              .isTrue();
          assertThat(weight.tensor().equal(stored)).isFalse();
        });
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompandWeights(LEARNED).apply(model))
        .withMessageContaining("has a PruningMask already");
    Tensor trained = SmallPerceptron.logits(model);
    new MaterializeCompander().apply(model);
    assertThat(SmallPerceptron.logits(model).equal(trained)).isTrue();
    assertThat(weight.parametrizations()).hasSize(1);
  }

  @Test
  void givenAHead_whenItGrows_thenCompandedRowsKeepTheirBits() {
    Module model = SmallPerceptron.create();
    new CompandWeights(CompanderConfiguration.of(Companding.absolute(0.5, 0.2))).apply(model);
    Tensor before = SmallPerceptron.logits(model);
    Tensor stored = model.stateDict().get("fc3.parametrizations.weight.original").detach().clone();

    new GrowHead(3).apply(model);

    Tensor grown = model.stateDict().get("fc3.parametrizations.weight.original");
    assertThat(grown.narrow(0, 0, stored.size(0)).equal(stored)).isTrue();
    assertThat(torch.allclose(SmallPerceptron.logits(model).narrow(1, 0, before.size(1)), before))
        .isTrue();
    assertThat(WeightCompander.of(model).get("fc3.weight").a()).isCloseTo(0.5, within(1e-7));
  }

  @Test
  void givenAHeadWithASmallA_whenItGrows_thenTheModelIsUnchangedAndTheMessageNamesTheA() {
    Module model = SmallPerceptron.create();
    Linear head = (Linear) model.getSubmodule("fc3");
    Scope.withoutGradient(() -> head.weight().tensor().mul_(new Scalar(0.01)));
    new CompandWeights(LEARNED).apply(model);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrowHead(1).apply(model))
        .withMessageContaining("'fc3.weight' cannot grow")
        .withMessageContaining("the smallest a that works is");
    assertThat(model.getSubmodule("fc3")).isSameAs(head);
  }
}
