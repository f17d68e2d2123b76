package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Penalty;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class PenaltyTest {
  private static final LogDeterminantPenalty CONDITION = LogDeterminantPenalty.of(1);

  @BeforeEach
  void seed() {
    Seeds.set(11);
  }

  /** Wide, tall and equal matrices, so that both Gram matrices and a batch of two occur. */
  private static Module network() {
    Module network =
        new Sequential(
            new Conv2d(Conv2dConfiguration.of(1, 3, 2).withPadding(1)),
            new ReLU(),
            new Conv2d(Conv2dConfiguration.of(3, 2, 2)),
            new Flatten(),
            new Linear(18, 4),
            new Linear(4, 4),
            new Linear(4, 4),
            new Linear(4, 7));
    network.to(ScalarType.Double);
    return network;
  }

  static Stream<Penalty> penalties() {
    return Stream.of(
        TransformedL1Penalty.of(0.3),
        new TransformedL1Penalty(2, 0.05, List.of("4", "5")),
        LogDeterminantPenalty.of(0.7),
        new LogDeterminantPenalty(1, 0.01, List.of("0", "7")),
        L1Penalty.of(0.2),
        OrthogonalityPenalty.of(0.4));
  }

  @ParameterizedTest
  @MethodSource("penalties")
  void givenAPenalty_whenItsGradientIsTaken_thenItEqualsFiniteDifferences(Penalty penalty) {
    Module network = network();

    penalty.compute(network).backward();

    double h = 1e-6;
    int[] penalized = {0};
    network
        .namedParameters()
        .forEach(
            (name, parameter) -> {
              Tensor gradient = parameter.grad();
              if (!gradient.defined()) {
                return;
              }
              penalized[0]++;
              Tensor flat = Scope.computeWithoutGradient(() -> parameter.tensor().reshape(-1));
              for (long i = 0; i < Math.min(flat.numel(), 12); i++) {
                long index = i;
                double numeric =
                    Scope.computeWithoutGradient(
                        () -> {
                          Tensor entry = flat.select(0, index);
                          entry.add_(new Scalar(h));
                          double above = penalty.compute(network).item_double();
                          entry.sub_(new Scalar(2 * h));
                          double below = penalty.compute(network).item_double();
                          entry.add_(new Scalar(h));
                          return (above - below) / (2 * h);
                        });
                assertThat(gradient.reshape(-1).select(0, i).item_double())
                    .as(name + "[" + i + "] of " + penalty)
                    .isCloseTo(numeric, within(1e-6 * Math.max(1, Math.abs(numeric))));
              }
            });
    assertThat(penalized[0]).isGreaterThanOrEqualTo(2);
  }

  @Test
  void
      givenRandomMatrices_whenTheLogDeterminantIsComputed_thenItEqualsItsFormOfTheSingularValues() {
    for (long[] shape : new long[][] {{5, 9}, {9, 5}, {6, 6}, {8, 3, 2, 2}}) {
      Tensor weight = torch.randn(shape).to(ScalarType.Double);

      double value = CONDITION.measure(weight).item_double();

      Tensor squared = torch.linalg_svdvals(weight.flatten(1, -1)).square();
      double mean = squared.mean().item_double();
      Tensor lifted = squared.add(new Scalar(1e-6 * mean));
      double expected = Math.log(mean) - lifted.log().mean().item_double();
      assertThat(value).isCloseTo(expected, within(1e-10));
    }
  }

  @ParameterizedTest
  @CsvSource({"6, 15", "15, 6", "8, 8"})
  void givenOrthogonalRowsOrColumns_whenTheLogDeterminantIsComputed_thenItIsZero(
      long rows, long columns) {
    long most = Math.max(rows, columns);
    Tensor orthogonal = torch.linalg_qr(torch.randn(most, most).to(ScalarType.Double)).get0();
    Tensor weight = orthogonal.narrow(0, 0, rows).narrow(1, 0, columns).mul(new Scalar(3.7));

    Tensor traced = weight.detach().clone();
    traced.set_requires_grad(true);
    Tensor value = CONDITION.measure(traced);
    value.backward();

    assertThat(value.item_double()).isCloseTo(0, within(1.001e-6));
    assertThat(traced.grad().abs().max().item_double()).isLessThan(1e-10);
  }

  /** The gradient of the log-determinant penalty by weights of a type, as double precision. */
  private static Tensor gradient(Tensor weight, ScalarType type) {
    Tensor traced = weight.detach().to(type).clone();
    traced.set_requires_grad(true);
    CONDITION.measure(traced).backward();
    return traced.grad().to(ScalarType.Double);
  }

  @ParameterizedTest
  @CsvSource({"1, 1e-5", "100, 1e-4", "1000, 1e-3", "1e9, 5e-3"})
  void
      givenWeightsInSinglePrecision_whenTheLogDeterminantIsDifferentiated_thenTheGradientIsThatOfDoublePrecision(
          double kappa, double tolerance) {
    Tensor weight = conditioned(kappa, 96).to(ScalarType.Float);

    Tensor exact = gradient(weight, ScalarType.Double);
    Tensor single = gradient(weight, ScalarType.Float);

    double size = exact.norm().item_double();
    double error = single.sub(exact).norm().item_double();
    assertThat(error).isLessThan(tolerance * Math.max(size, 1e-3));
  }

  @Test
  void givenAMatrix_whenItIsScaled_thenCncStays() {
    Tensor weight = torch.randn(7, 11);
    double value = CONDITION.measure(weight).item_double();

    for (double factor : new double[] {1e-15, 1e-3, 1e3, 1e15}) {
      assertThat(CONDITION.measure(weight.mul(new Scalar(factor))).item_double())
          .as("scaled by " + factor)
          .isCloseTo(value, within(1e-6));
    }
  }

  /** The matrix with equally spaced logarithms of its singular values. */
  private static Tensor conditioned(double kappa, long rank) {
    Tensor left = torch.linalg_qr(torch.randn(rank, rank).to(ScalarType.Double)).get0();
    Tensor right = torch.linalg_qr(torch.randn(rank, rank).to(ScalarType.Double)).get0();
    Tensor values =
        torch
            .linspace(new Scalar(0.0), new Scalar(-Math.log(kappa)), rank)
            .to(ScalarType.Double)
            .exp();
    return left.mul(values).mm(right);
  }

  @Test
  void givenARisingConditionNumber_whenTheLogDeterminantIsComputed_thenItRisesAndBoundsIt() {
    LogDeterminantPenalty exact = new LogDeterminantPenalty(1, 1e-14, List.of("*"));
    for (long rank : new long[] {2, 5, 10}) {
      double before = -1;
      for (double kappa : new double[] {1, 1.5, 3, 10, 100, 1000}) {
        double value = exact.measure(conditioned(kappa, rank)).item_double();
        assertThat(value).as("kappa " + kappa).isGreaterThan(before);
        assertThat(kappa).isLessThan(2 * Math.exp(rank / 2.0 * value));
        before = value;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenMatricesWithoutFullRank_whenTheLogDeterminantIsComputed_thenValueAndGradientAreFinite(
      boolean exact) {
    ScalarType type = exact ? ScalarType.Double : ScalarType.Float;
    Tensor column = torch.randn(64, 1).to(type);
    Map<String, Tensor> weights =
        Map.of(
            "zero", torch.zeros(5, 8).to(type),
            "rank one", column.mm(torch.randn(1, 128).to(type)),
            "zero row",
                torch.cat(
                    new org.bytedeco.pytorch.TensorVector(
                        torch.zeros(1, 6).to(type), torch.randn(4, 6).to(type)),
                    0),
            "tiny", torch.randn(4, 6).to(type).mul(new Scalar(1e-30)),
            "one row", torch.randn(1, 6).to(type));
    weights.forEach(
        (name, weight) -> {
          Tensor traced = weight.detach().clone();
          traced.set_requires_grad(true);
          Tensor value = CONDITION.measure(traced);
          value.backward();

          assertThat(value.item_double()).as(name).isBetween(-1.001e-6, -Math.log(1e-6) + 1e-9);
          assertThat(traced.grad().isfinite().all().item_bool()).as(name).isTrue();
        });
    assertThat(CONDITION.measure(weights.get("zero")).item_double())
        .isCloseTo(-Math.log(1e-6), within(1e-9));
  }

  @Test
  void givenAWeightThatIsNotFinite_whenTheLogDeterminantIsComputed_thenItIsNotANumber() {
    Tensor weight = torch.randn(4, 6);
    weight.select(0, 1).fill_(new Scalar(Double.POSITIVE_INFINITY));

    assertThat(CONDITION.measure(weight).item_double()).isNaN();
  }

  @Test
  void givenTheLimitsOfBeta_whenTransformedL1IsComputed_thenItCountsOrIsL1() {
    Tensor weight = torch.tensor(0f, 0.5f, -2f, 0f, 1f);

    double counted = new TransformedL1Penalty(1, 1e-9, List.of("*")).measure(weight).item_double();
    double summed = new TransformedL1Penalty(1, 1e9, List.of("*")).measure(weight).item_double();
    double usual = TransformedL1Penalty.of(1).measure(weight).item_double();

    assertThat(counted).isCloseTo(3, within(1e-6));
    assertThat(summed).isCloseTo(3.5, within(1e-6));
    assertThat(usual).isCloseTo(2 * 0.5 / 1.5 + 2 * 2 / 3.0 + 1, within(1e-6));
  }

  @Test
  void givenAMaskedWeight_whenAPenaltyIsComputed_thenPrunedWeightsDoNotCount() {
    Sequential network = new Sequential(new Linear(3, 2, false));
    Parameter weight = network.namedParameters().get("0.weight");
    weight.assign(torch.tensor(1f, 2f, 3f, 4f, 5f, 6f).reshape(2, 3));
    weight.parametrize(
        new PruningMask(torch.tensor(1f, 0f, 1f, 0f, 1f, 0f).reshape(2, 3).gt(new Scalar(0.0))));

    Tensor value = L1Penalty.of(1).compute(network);
    value.backward();

    assertThat(value.item_double()).isEqualTo(9);
    assertThat(weight.grad().sum().item_double()).isEqualTo(3);
  }

  @Test
  void givenAPatternWithoutLayer_whenThePenaltyIsComputed_thenTheErrorNamesTheNearestLayer() {
    Sequential network = new Sequential(Map.of("classifier", new Linear(3, 2)));
    Penalty penalty = new L1Penalty(1, List.of("clasifier"));

    assertThatThrownBy(() -> penalty.compute(network))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'clasifier' matches no layer")
        .hasMessageContaining("did you mean 'classifier'");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void givenAStrengthOutOfRange_whenAPenaltyIsMade_thenItIsRefused(double strength) {
    assertThatThrownBy(() -> LogDeterminantPenalty.of(strength))
        .hasMessageContaining("strength must be at least 0")
        .hasMessageContaining(String.valueOf(strength));
    assertThatThrownBy(() -> TransformedL1Penalty.of(strength)).hasMessageContaining("strength");
    assertThatThrownBy(() -> new TransformedL1Penalty(1, 0, List.of("*")))
        .hasMessageContaining("beta must be above 0");
    assertThatThrownBy(() -> new LogDeterminantPenalty(1, 1, List.of("*")))
        .hasMessageContaining("epsilon must be below 1");
    assertThatThrownBy(() -> new L1Penalty(1, List.of())).hasMessageContaining("layers");
  }
}
