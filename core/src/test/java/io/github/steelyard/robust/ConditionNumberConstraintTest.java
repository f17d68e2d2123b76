package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class ConditionNumberConstraintTest {
  private static final double PLATEAU = Math.log(1e-5) * Math.log(1e-5);

  @BeforeEach
  void seed() {
    Seeds.set(4);
  }

  private static Tensor random(long rows, long columns, double size) {
    return torch.randn(rows, columns).to(ScalarType.Double).mul(new Scalar(size));
  }

  /** Value and gradient, the latter in the weight's type. */
  private static List<Tensor> measured(Tensor weight) {
    Tensor traced = weight.detach().clone();
    traced.set_requires_grad(true);
    Tensor value = ConditionNumberConstraint.measure(traced);
    value.backward();
    return List.of(value.detach(), traced.grad());
  }

  /** The authors' formula, through the determinant. */
  private static List<Tensor> published(Tensor weight) {
    Tensor traced = weight.detach().clone();
    traced.set_requires_grad(true);
    Tensor gram = traced.mm(traced.t()).div(new Scalar((double) weight.size(0)));
    Tensor value = torch.det(gram).add(new Scalar(1e-5)).log().square();
    value.backward();
    return List.of(value.detach(), traced.grad());
  }

  private static void assertClose(Tensor computed, Tensor expected) {
    double error = computed.sub(expected).norm().item_double();
    assertThat(error).isLessThan(1e-9 * Math.max(expected.norm().item_double(), 1e-12));
  }

  @ParameterizedTest
  @CsvSource({"2, 3, 1", "10, 64, 0.4", "10, 10, 1.3", "100, 256, 0.62", "100, 256, 0.7"})
  void givenAFiniteDeterminant_whenTheConstraintIsTaken_thenItIsTheAuthors(
      long classes, long inputs, double size) {
    Tensor weight = random(classes, inputs, size);

    List<Tensor> ours = measured(weight);
    List<Tensor> theirs = published(weight);

    assertThat(theirs.get(0).item_double()).isFinite();
    assertClose(ours.get(0), theirs.get(0));
    assertClose(ours.get(1), theirs.get(1));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-6, 1, 1e6})
  void givenAThousandClasses_whenTheDeterminantLeavesTheFloats_thenValueAndGradientAreRight(
      double size) {
    // Orthogonal rows of one length have a determinant that can be written down.
    Tensor weight =
        torch.linalg_qr(random(1000, 1000, 1)).get0().mul(new Scalar(size * Math.sqrt(1000)));
    double logarithm = 2 * 1000 * Math.log(size);

    List<Tensor> ours = measured(weight);

    double y = size < 1 ? Math.log(1e-5) : Math.max(logarithm, Math.log1p(1e-5));
    assertThat(ours.get(0).item_double()).isCloseTo(y * y, within(1e-7 * y * y + 1e-18));
    double share = 1 / (1 + Math.exp(Math.log(1e-5) - logarithm));
    // Its inverse is I / size^2, so that the gradient is along the weight.
    Tensor expected = weight.mul(new Scalar(4 * y * share / 1000 / (size * size)));
    double error = ours.get(1).sub(expected).norm().item_double();
    assertThat(error).isLessThanOrEqualTo(1e-6 * expected.norm().item_double() + 1e-12);
  }

  @ParameterizedTest
  @CsvSource({"true, 1", "true, 1e8", "false, 1", "false, 1e8"})
  void givenNoFullRank_whenTheConstraintIsTaken_thenItIsTheConstantWithoutGradient(
      boolean exact, double size) {
    ScalarType type = exact ? ScalarType.Double : ScalarType.Float;
    Tensor few = random(20, 7, size).to(type);
    Tensor repeated = random(5, 30, size).to(type);
    repeated.select(0, 4).copy_(repeated.select(0, 1));
    Tensor zero = torch.zeros(4, 9).to(type);

    for (Tensor weight : List.of(few, repeated, zero)) {
      List<Tensor> ours = measured(weight);

      assertThat(ours.get(0).item_double()).isCloseTo(PLATEAU, within(1e-12));
      assertThat(ours.get(1).abs().max().item_double()).isZero();
      assertThat(ours.get(1).scalar_type().intern()).isEqualTo(type);
    }
  }

  @Test
  void givenAWeightThatIsNotFinite_whenTheConstraintIsTaken_thenItIsNotANumber() {
    Tensor weight = random(4, 6, 1);
    weight.select(0, 1).fill_(new Scalar(Double.NaN));

    assertThat(ConditionNumberConstraint.measure(weight).item_double()).isNaN();
  }

  @Test
  void givenANetwork_whenTheConstraintIsComputed_thenOnlyTheLastLinearLayerCounts() {
    Module network =
        new Sequential(
            new Conv2d(Conv2dConfiguration.of(1, 3, 2)),
            new Flatten(),
            new Linear(12, 8),
            new Linear(8, 4));

    Tensor value = ConditionNumberConstraint.of(2).compute(network);
    value.backward();

    Tensor last = network.namedParameters().get("3.weight").tensor();
    assertThat(value.item_double())
        .isCloseTo(2 * ConditionNumberConstraint.measure(last).item_double(), within(1e-4));
    assertThat(value.scalar_type().intern()).isEqualTo(ScalarType.Float);
    network
        .namedParameters()
        .forEach(
            (name, parameter) ->
                assertThat(parameter.grad().defined()).isEqualTo(name.equals("3.weight")));
    double named =
        Scope.computeWithoutGradient(
            () -> new ConditionNumberConstraint(1, List.of("2")).compute(network).item_double());
    Tensor first = network.namedParameters().get("2.weight").tensor();
    assertThat(named)
        .isCloseTo(ConditionNumberConstraint.measure(first).item_double(), within(1e-4));
  }

  @Test
  void givenLayersItIsNotFor_whenTheConstraintIsComputed_thenTheReasonIsNamed() {
    Module single = new Sequential(new Linear(6, 4), new Linear(4, 1));
    Module convolutions = new Sequential(new Conv2d(Conv2dConfiguration.of(1, 3, 2)));

    assertThatThrownBy(() -> ConditionNumberConstraint.of(1).compute(single))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'1' has one output");
    assertThatThrownBy(() -> ConditionNumberConstraint.of(1).compute(convolutions))
        .hasMessageContaining("has no linear layer");
    assertThatThrownBy(() -> new ConditionNumberConstraint(1, List.of("0")).compute(convolutions))
        .hasMessageContaining("LogDeterminantPenalty");
    assertThatThrownBy(() -> ConditionNumberConstraint.of(Double.NaN))
        .hasMessageContaining("strength must be at least 0");
    assertThatThrownBy(() -> ConditionNumberConstraint.measure(torch.ones(3)))
        .hasMessageContaining("[3]");
  }
}
