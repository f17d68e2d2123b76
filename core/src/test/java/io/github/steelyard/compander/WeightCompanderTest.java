package io.github.steelyard.compander;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class WeightCompanderTest {
  private static final double[] VALUES = {-40, -3, -0.7, -1e-3, 0, 2e-4, 0.05, 0.9, 2.5, 1e4};

  private static Tensor doubles(double... values) {
    return Tensor.create(values);
  }

  private static WeightCompander inDoubles(double a, double b, boolean learned) {
    return new WeightCompander(a, b, learned, CompanderPart.ALL, ScalarType.Double);
  }

  /** A weighted sum, so that each entry has another gradient. */
  private static Tensor loss(WeightCompander compander, Tensor value) {
    return compander.forward(value).mul(factors(value)).sum();
  }

  private static Tensor factors(Tensor value) {
    return torch
        .arange(new Scalar(1), new Scalar(value.numel() + 1))
        .to(ScalarType.Double)
        .div(new Scalar(7));
  }

  @ParameterizedTest
  @CsvSource({"0.3, 0.1, false", "0.02, 0.04, true", "5, 1.25, true"})
  void givenAAndB_whenAWeightIsCompanded_thenItIsTheClosedForm(
      double a, double b, boolean learned) {
    WeightCompander compander = inDoubles(a, b, learned);

    Scope.run(
        () -> {
          Tensor v = doubles(VALUES).set_requires_grad(true);
          Tensor w = compander.forward(v);
          w.sum().backward();
          for (int i = 0; i < VALUES.length; i++) {
            double x = VALUES[i] / b;
            double value = w.get(i).item_double();
            assertThat(value).isCloseTo(a * Math.atan(x), within(1e-15 + 1e-14 * a));
            assertThat(Math.abs(value)).isLessThan(a * Math.PI / 2);
            double slope = a / b / (1 + x * x);
            assertThat(v.grad().get(i).item_double()).isCloseTo(slope, within(1e-12 * slope));
            assertThat(slope)
                .isCloseTo(a / b * Math.pow(Math.cos(value / a), 2), within(1e-7 * a / b));
          }
        });
    assertThat(compander.a()).isCloseTo(a, within(1e-15));
    assertThat(compander.b()).isCloseTo(b, within(1e-15));
  }

  @Test
  void givenDoubles_whenALossIsDifferentiated_thenFiniteDifferencesAgreeForVAndAAndB() {
    WeightCompander compander = inDoubles(0.8, 0.3, true);
    Map<String, Parameter> learned = compander.namedParameters();
    Scope.run(
        () -> {
          Tensor v = doubles(-2, -0.4, 0.01, 0.3, 1.7).set_requires_grad(true);
          loss(compander, v).backward();
          Map<Tensor, Tensor> gradients = new LinkedHashMap<>();
          gradients.put(v, v.grad());
          learned.values().forEach(p -> gradients.put(p.tensor(), p.grad()));
          gradients.forEach(
              (tensor, gradient) -> {
                Tensor flat = tensor.detach().reshape(-1);
                for (int i = 0; i < flat.numel(); i++) {
                  double h = 1e-5;
                  Tensor entry = flat.get(i);
                  double up = shifted(entry, h, compander, v);
                  double down = shifted(entry, -h, compander, v);
                  assertThat(gradient.reshape(-1).get(i).item_double())
                      .isCloseTo((up - down) / (2 * h), within(1e-8));
                }
              });
          double ofA = loss(compander, v).item_double();
          assertThat(learned.get("log_a").grad().item_double()).isCloseTo(ofA, within(1e-12));
          assertThat(learned.get("log_b").grad().item_double())
              .isCloseTo(-v.grad().mul(v).sum().item_double(), within(1e-12));
        });
  }

  private static double shifted(Tensor entry, double by, WeightCompander compander, Tensor v) {
    return Scope.computeWithoutGradient(
        () -> {
          entry.add_(new Scalar(by));
          double value = loss(compander, v).item_double();
          entry.sub_(new Scalar(by));
          return value;
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenAWeight_whenItIsCompandedAndMaterialized_thenItStaysWithinRounding(boolean learned) {
    Seeds.set(1);
    Linear layer = new Linear(40, 30);
    Parameter weight = layer.weight();
    Tensor before = Scope.keep(weight.tensor().detach().clone());
    double largest = before.abs().max().item_double();
    double a = 1.001 * largest * 2 / Math.PI;
    WeightCompander compander =
        learned ? WeightCompander.learned(a, a / 3) : WeightCompander.fixed(a, a / 3);

    weight.parametrize(compander);

    Scope.withoutGradient(
        () -> {
          Tensor value = weight.value();
          double difference = value.sub(before).abs().max().item_double();
          assertThat(difference).isLessThan(4e-7 * a);
          Tensor stored = value.clone();
          weight.materialize();
          assertThat(weight.value().equal(stored)).isTrue();
        });
    assertThat(weight.parametrizations()).isEmpty();
    assertThat(layer.stateDict().keySet()).containsExactly("weight", "bias");
  }

  @Test
  void givenAWeightThatIsTooLarge_whenItIsCompanded_thenTheSmallestAIsNamedAndWorks() {
    Seeds.set(2);
    Linear layer = new Linear(20, 10);
    Tensor before = Scope.keep(layer.weight().tensor().detach().clone());
    WeightCompander small = WeightCompander.fixed(0.05, 0.05);
    String[] message = new String[1];

    assertThatIllegalArgumentException()
        .isThrownBy(() -> layer.weight().parametrize(small))
        .satisfies(e -> message[0] = e.getMessage())
        .withMessageContaining("with a = 0.05")
        .withMessageContaining("0.07854");

    assertThat(layer.weight().parametrizations()).isEmpty();
    assertThat(layer.weight().tensor().equal(before)).isTrue();
    Matcher smallest = Pattern.compile("smallest a that works is ([0-9.]+)").matcher(message[0]);
    assertThat(smallest.find()).isTrue();
    double a = Double.parseDouble(smallest.group(1));
    assertThat(a).isCloseTo(before.abs().max().item_double() * 2 / Math.PI, within(2e-3 * a));
    layer.weight().parametrize(WeightCompander.fixed(a, 0.1));
    assertThat(layer.weight().value().sub(before).abs().max().item_double()).isLessThan(1e-6);
  }

  @Test
  void givenValuesOutOfRange_whenACompanderIsMadeOrLoaded_thenItIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WeightCompander.fixed(0, 1))
        .withMessageContaining("a of a weight compander must be above 0 and finite, but is 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WeightCompander.learned(1, Double.NaN))
        .withMessageContaining("b of");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WeightCompander.fixed(1, 1).inverse(doubles(0.1, Double.NaN)))
        .withMessageContaining("NaN");

    Linear layer = new Linear(3, 2);
    layer.weight().parametrize(WeightCompander.fixed(2, 1));
    Map<String, Tensor> state = new LinkedHashMap<>();
    layer.stateDict().forEach((name, tensor) -> state.put(name, tensor.detach().clone()));
    state.put("parametrizations.weight.0.b", torch.scalar_tensor(new Scalar(-1.0)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> layer.loadStateDict(state))
        .withMessageContaining("'parametrizations.weight.0.b'")
        .withMessageContaining("-1.0");
  }

  @Test
  void givenFixedAndLearned_whenTheStateIsSaved_thenItHasPyTorchsNamesAndAAndBDoNotDecay() {
    Linear layer = new Linear(3, 2);
    layer.weight().parametrize(WeightCompander.fixed(2, 1));
    assertThat(layer.stateDict().keySet())
        .containsExactly(
            "parametrizations.weight.original",
            "parametrizations.weight.0.a",
            "parametrizations.weight.0.b",
            "bias");

    Linear other = new Linear(3, 2);
    other.weight().parametrize(WeightCompander.learned(2, 1));
    Map<String, Parameter> decayed = ParameterGroup.of(other, 0.1, 0.01).get(0).parameters();
    Map<String, Parameter> spared = ParameterGroup.of(other, 0.1, 0.01).get(1).parameters();
    assertThat(decayed.keySet()).containsExactly("parametrizations.weight.original");
    assertThat(spared.keySet())
        .containsExactly(
            "parametrizations.weight.0.log_a", "parametrizations.weight.0.log_b", "bias");
    assertThat(WeightCompander.of(other).keySet()).containsExactly("weight");
    assertThat(WeightCompander.of(other).get("weight").isLearned()).isTrue();
    assertThat(WeightCompander.of(other).get("weight"))
        .hasToString("WeightCompander(a 2, b 1, learned)");
  }
}
