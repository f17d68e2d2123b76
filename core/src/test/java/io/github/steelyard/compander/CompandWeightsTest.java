package io.github.steelyard.compander;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.compander.Companding.Unit;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("once")
class CompandWeightsTest {
  private static final CompanderConfiguration USUAL = CompanderConfiguration.defaults();

  /** A mask, which has no inverse. */
  private static final class Half extends Parametrization {
    @Override
    public Tensor forward(Tensor value) {
      return value.mul(value.gt(new Scalar(0.0)));
    }
  }

  private static Sequential small() {
    Seeds.set(4);
    return new Sequential(new Linear(6, 5), new ReLU(), new Linear(5, 3));
  }

  private static Map<String, Tensor> copy(Module model) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    model.stateDict().forEach((name, tensor) -> copies.put(name, tensor.detach().clone()));
    return copies;
  }

  private static double difference(Tensor one, Tensor two) {
    return Scope.computeWithoutGradient(() -> one.sub(two).abs().max().item_double());
  }

  private static Tensor logits(Module model, Tensor images) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(images));
  }

  @ParameterizedTest
  @CsvSource({
    "mlp, 1, 28, 3",
    "resnet8, 1, 28, 8",
    "resnet18, 3, 32, 21",
    "vit_mini_patch7_28, 1, 28, 0",
    "swin_mini_patch2_window7_28, 1, 28, 0"
  })
  void givenAnyModel_whenItsWeightsAreCompanded_thenEveryLinearAndConvIsAndItsLogitsStay(
      String name, int channels, int size, int layers) {
    Seeds.set(3);
    Module model = Models.create(name, ModelOptions.none());
    Tensor images = Scope.keep(torch.randn(2, channels, size, size));
    Tensor before = logits(model, images);
    List<String> plainNames = List.copyOf(model.stateDict().keySet());
    long expected =
        model.namedModules().values().stream()
            .filter(m -> m instanceof Linear || m instanceof io.github.steelyard.nn.Conv2d)
            .count();

    assertThat(new CompandWeights(USUAL).apply(model)).isSameAs(model);

    assertThat(WeightCompander.of(model)).hasSize((int) expected);
    if (layers > 0) {
      assertThat(expected).isEqualTo(layers);
    }
    assertThat(WeightCompander.of(model).keySet()).allMatch(path -> path.endsWith("weight"));
    double scale = before.abs().max().item_double();
    Tensor companded = logits(model, images);
    assertThat(difference(companded, before)).isLessThan(2e-5 * scale);

    new MaterializeCompander().apply(model);
    assertThat(difference(logits(model, images), companded)).isZero();
    assertThat(model.stateDict().keySet()).containsExactlyElementsOf(plainNames);
  }

  @Test
  void givenRules_whenWeightsAreCompanded_thenEachLayerHasItsOwnAAndBAndTheLastRuleHolds() {
    Sequential model = small();
    double deviation =
        model.stateDict().get("0.weight").to(ScalarType.Double).std(false).item_double();
    CompanderConfiguration configuration =
        CompanderConfiguration.of(new Companding(3, 2, Unit.DEVIATION, true))
            .withLayers("*", new Companding(5, 2, Unit.DEVIATION, true))
            .withLayers("2", Companding.absolute(0.7, 0.1));

    new CompandWeights(configuration).apply(model);

    WeightCompander first = WeightCompander.of(model).get("0.weight");
    assertThat(first.a()).isCloseTo(5 * deviation, within(1e-6));
    assertThat(first.b()).isCloseTo(2.5 * deviation, within(1e-6));
    assertThat(first.isLearned()).isTrue();
    WeightCompander second = WeightCompander.of(model).get("2.weight");
    assertThat(second.a()).isCloseTo(0.7, within(1e-7));
    assertThat(second.b()).isCloseTo(0.1, within(1e-7));
    assertThat(second.isLearned()).isFalse();

    Sequential partly = small();
    new CompandWeights(USUAL.withoutLayers("2")).apply(partly);
    assertThat(WeightCompander.of(partly).keySet()).containsExactly("0.weight");
  }

  @Test
  void givenAWeightThatIsTooLarge_whenTheModelIsCompanded_thenTheLayerIsNamedAndNothingChanges() {
    Sequential model = small();
    Scope.withoutGradient(
        () -> model.stateDict().get("2.weight").get(0).get(0).fill_(new Scalar(9)));
    Map<String, Tensor> before = copy(model);

    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new CompandWeights(CompanderConfiguration.of(Companding.absolute(1, 1)))
                    .apply(model))
        .withMessageStartingWith("'2': the weight reaches a size of 9")
        .withMessageEndingWith("the smallest a that works is 5.73");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new CompandWeights(
                        CompanderConfiguration.of(
                            new Companding(2, 0.5, Companding.Unit.DEVIATION, false)))
                    .apply(model))
        .withMessageStartingWith("'2': ")
        .withMessageContaining("the smallest a that works is 5.73, which is ")
        .withMessageEndingWith(" standard deviations of this layer instead of 2");

    assertThat(model.stateDict().keySet()).isEqualTo(before.keySet());
    before.forEach(
        (name, tensor) -> assertThat(model.stateDict().get(name).equal(tensor)).isTrue());
  }

  @Test
  void givenWhatCannotBeCompanded_whenItIs_thenTheMessageSaysWhyAndTheModelIsUnchanged() {
    Sequential equal = small();
    Scope.withoutGradient(() -> equal.stateDict().get("0.weight").zero_());
    assertRefused(equal, USUAL, "'0': all its weights are equal");
    new CompandWeights(USUAL.withLayers("0", Companding.absolute(0.1, 0.1))).apply(equal);
    assertThat(WeightCompander.of(equal)).hasSize(2);

    Sequential twice = small();
    new CompandWeights(USUAL.withoutLayers("0")).apply(twice);
    assertRefused(twice, USUAL, "the weight of '2' is companded already");

    Sequential masked = small();
    ((Linear) masked.getSubmodule("2")).weight().parametrize(new Half());
    assertRefused(masked, USUAL, "the weight of '2' has a Half already");

    assertRefused(new ReLU(), USUAL, "has no Linear or Conv2d");
    assertRefused(small(), USUAL.withoutLayers("*"), "the rules leave every layer as it is");
    assertRefused(small(), USUAL.withoutLayers("3"), "the rule '3' matches no layer");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MaterializeCompander().apply(small()))
        .withMessageContaining("has no companded weight");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Companding(1, 0, Unit.ABSOLUTE, false))
        .withMessage("ratio must be above 0 and finite, but is 0.0");
    assertThatIllegalArgumentException().isThrownBy(() -> USUAL.withoutLayers(" "));
  }

  private static void assertRefused(
      Module model, CompanderConfiguration configuration, String message) {
    List<String> names = List.copyOf(model.stateDict().keySet());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompandWeights(configuration).apply(model))
        .withMessageContaining(message);
    assertThat(model.stateDict().keySet()).containsExactlyElementsOf(names);
  }

  @Test
  void givenACompandedStateDict_whenAFreshModelIsPreparedForIt_thenItLoadsWhateverItsWeights() {
    Sequential trained = small();
    CompanderConfiguration configuration =
        CompanderConfiguration.of(Companding.absolute(0.4, 0.2).withLearned(true));
    new CompandWeights(configuration).apply(trained);
    Sequential fresh = small();
    Scope.withoutGradient(() -> fresh.stateDict().get("0.weight").fill_(new Scalar(50)));

    CompandWeights.forStateDict(configuration).apply(fresh);
    fresh.loadStateDict(copy(trained));

    Tensor x = torch.ones(1, 6);
    assertThat(logits(fresh, x).equal(logits(trained, x))).isTrue();
  }

  @Test
  void givenTwoLayersThatShareAWeight_whenTheyAreCompanded_thenItIsOnceAndRulesMustAgree() {
    Sequential tied = tied();
    new CompandWeights(USUAL).apply(tied);
    assertThat(WeightCompander.of(tied)).hasSize(1);
    new MaterializeCompander().apply(tied);
    assertThat(WeightCompander.of(tied)).isEmpty();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompandWeights(USUAL.withoutLayers("1")).apply(tied))
        .withMessageContaining("'0' and '1' share one weight");
  }

  private static Sequential tied() {
    Linear shared = new Linear(4, 4);
    return new Sequential(shared, shared);
  }

  @Test
  void givenAMaskAboveTheCompander_whenItIsMaterialized_thenTheMaskStaysAndTheValueToo() {
    Sequential model = small();
    new CompandWeights(USUAL).apply(model);
    Linear layer = (Linear) model.getSubmodule("0");
    layer.weight().parametrize(new Half());
    Tensor before = Scope.keep(layer.weight().value().detach());
    assertThat(before.eq(new Scalar(0)).sum().item_long()).isPositive();

    new MaterializeCompander().apply(model);

    assertThat(layer.weight().parametrizations()).hasSize(1).first().isInstanceOf(Half.class);
    assertThat(layer.weight().value().equal(before)).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> layer.weight().materialize(2))
        .withMessageContaining("has 1 parametrizations");
  }
}
